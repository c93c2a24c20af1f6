/** ToolkitAPI: `GET /v1/auth/totp-generate` makes a secret, ready to enrol. */
import { Algorithm } from '../../../gen/ts/otp/v1/key_pb.ts';
import { OtpService } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { failureOf } from './failure.ts';
import { readParameters } from './parameters.ts';
import { json, type RestApi } from './rest-api.ts';
import { toolkitApiRoutes } from './routes.ts';

/** In seconds; narrower than the bounds of the service. */
const PERIOD = { min: 10, max: 120 };

export const toolkitApi: RestApi = {
  routes: toolkitApiRoutes,
  async answer(request, call) {
    const parameters = readParameters(request, ['query']);
    const issuer = parameters.text('issuer') ?? '';
    const accountName = parameters.requiredText('account_name', "send the user's e-mail address or name");
    const digits = parameters.choice('digits', [6, 8]) ?? 6;
    const periodSeconds = parameters.wholeNumber('period', PERIOD) ?? 30;
    const algorithm = Algorithm[parameters.choice('algorithm', ['SHA1', 'SHA256', 'SHA512']) ?? 'SHA1'];
    parameters.throwIfAny();
    const made = await call(OtpService.method.generate, { issuer, accountName, digits, periodSeconds, algorithm });
    const { secret, uri, qrCode, token } = made;
    return json(200, { secret, uri, qr_code: qrCode?.dataUri, current_code: token?.code });
  },
  // The documentation shows no form of errors. The API's own client libraries read `detail`.
  refuse(refusal) {
    const { status, message } = failureOf(refusal, {});
    return json(status, { detail: message });
  },
};
