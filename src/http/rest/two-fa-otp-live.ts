/** 2faotp.live: `POST` and `GET /api/2fa/generate` return the current code of a secret. */
import { OtpService } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { type Failure, failureOf } from './failure.ts';
import { readParameters } from './parameters.ts';
import { json, type RestAnswer, type RestApi } from './rest-api.ts';
import { twoFaOtpLiveRoutes } from './routes.ts';
import { timesOf } from './times.ts';

/** The documented words, which callers may check. */
const MESSAGES: Readonly<Record<number, (message: string) => string>> = {
  400: (message) => `Invalid or missing secret: ${message.replace(/^secret: /, '')}`,
  401: () => 'Invalid or missing API key',
  429: () => 'Rate limit exceeded',
  500: () => 'Internal Server Error',
};

export const twoFaOtpLive: RestApi = {
  routes: twoFaOtpLiveRoutes,
  async answer(request, call) {
    const parameters = readParameters(request, ['query', 'form', 'json']);
    const secret = parameters.requiredText('secret', 'send the base32 text of the key');
    parameters.throwIfAny();
    const { token } = await call(OtpService.method.token, { key: { source: { case: 'secret', value: secret } } });
    const { serverTime, expireTime } = timesOf(token);
    return envelope(200, 'Code generated successfully', {
      code: token?.code,
      remaining_time: expireTime - serverTime,
      timestamp: serverTime,
      valid_until: expireTime,
    });
  },
  refuse: (refusal) => refuse(failureOf(refusal, {})),
  apiKeyOf: ({ query }) => query.get('api_key') ?? undefined,
};

function refuse({ status, message, retryAfter }: Failure): RestAnswer {
  const data = retryAfter === undefined ? null : { retry_after: retryAfter };
  return envelope(status, MESSAGES[status]?.(message) ?? message, data);
}

function envelope(code: number, message: string, data: object | null): RestAnswer {
  return json(code, { code, message, data });
}
