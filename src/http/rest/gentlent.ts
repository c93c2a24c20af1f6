/** Gentlent: `POST /tools/v1/otp` makes a secret or returns the codes of one, and `GET /tools/v1/barcodes` draws the QR code of a new secret. */
import { OtpService } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { QrFormat } from '../../../gen/ts/otp/v1/qr_code_pb.ts';
import { renderQrInSteps } from '../../otp/qr.ts';
import { percentEncode } from '../../otp/uri.ts';
import { createTurns, type Turns } from '../../rpc/work-queue.ts';
import { failureOf, UnreadableRequest } from './failure.ts';
import { type Parameters, readParameters } from './parameters.ts';
import type { PictureLinks } from './picture-links.ts';
import { json, type RestAnswer, type RestApi, type RestCalls, type RestRequest } from './rest-api.ts';
import { BARCODES, gentlentRoutes } from './routes.ts';

/** The service requires an account name, which this API does not have. */
const UNNAMED = 'account';

/** Pixels per module of a picture: the bounds and the default of the API, and the value in the link. */
const SCALE = { min: 1, max: 10 };
const DEFAULT_SCALE = 2;
const LINKED_SCALE = 6;

/** Pictures are drawn even if their caller has left, since few are drawn at a time. */
const ASKER = { ended: false };

/** The names of the codes by their distance from the current code, in seconds. */
const OFFSETS = { '+30s': 30, current: 0, '-30s': -30, '-60s': -60 };

/** @param links seals and opens the text of a picture. */
export function createGentlent(links: PictureLinks): RestApi {
  const turns = createTurns();
  return {
    routes: gentlentRoutes,
    async answer(request, call) {
      if (request.path === BARCODES) return drawLinked(request, links, turns);
      const parameters = readParameters(request, ['query', 'form', 'json']);
      parameters.requiredChoice('type', ['time_based']);
      const action = parameters.requiredChoice('action', ['generate', 'verify']);
      if (action === 'verify') return json(200, await codes(parameters, call));
      const linkTo = (text: string) => `${request.origin}${BARCODES}?type=qr_code&scale=${LINKED_SCALE}&data=${links.seal(text)}`;
      return json(200, await generate(parameters, call, linkTo));
    },
    // The documentation shows no form of errors.
    refuse(refusal) {
      const { status, message } = failureOf(refusal, { account_name: 'label' });
      return json(status, { error: message });
    },
  };
}

async function generate(parameters: Parameters, call: RestCalls, linkTo: (text: string) => string): Promise<object> {
  const digits = readDigits(parameters);
  const label = parameters.text('label')?.trim() ?? '';
  const given = parameters.text('issuer')?.trim() ?? '';
  // A label may begin with the issuer, as in the Key URI Format.
  const colon = label.indexOf(':');
  const issuer = given === '' ? label.slice(0, Math.max(colon, 0)) : given;
  if (colon >= 0 && label.slice(0, colon) !== issuer) parameters.refuse('label', 'must not begin with another issuer');
  const account = label.slice(colon + 1).trim();
  parameters.throwIfAny();
  const { secret } = await call(OtpService.method.generate, {
    issuer,
    accountName: account === '' ? UNNAMED : account,
    digits,
    qrCode: { format: QrFormat.NONE },
  });
  const name = issuer === '' || account === '' ? [account] : [issuer, account];
  const query = `secret=${secret}&issuer=${percentEncode(issuer)}&algorithm=SHA1&digits=${digits}&period=30`;
  const otpUrl = `otpauth://totp/${name.map(percentEncode).join(':')}?${query}`;
  return {
    algorithm: 'SHA1',
    digits,
    issuer: given,
    label,
    otp_url: otpUrl,
    period: 30,
    qrcode_url: linkTo(otpUrl),
    secret,
    type: 'totp',
  };
}

async function codes(parameters: Parameters, call: RestCalls): Promise<object> {
  const digits = readDigits(parameters);
  const secret = parameters.requiredText('secret', 'send the generated secret');
  parameters.throwIfAny();
  const key = { source: { case: 'secret', value: secret }, digits } as const;
  const { token, neighbours } = await call(OtpService.method.token, { key, pastSteps: 2, futureSteps: 1 });
  const all = token === undefined ? neighbours : [token, ...neighbours];
  const named = Object.entries(OFFSETS).flatMap(([name, offset]) => {
    const found = all.find(({ offsetSeconds }) => offsetSeconds === offset);
    // There are no steps before 1970.
    return found === undefined ? [] : [[name, found.code] as const];
  });
  return { algorithm: 'SHA1', digits, otp_codes: Object.fromEntries(named), period: 30, secret, type: 'totp' };
}

/** Draws the text that is sealed in `data`, and no other text: a plain text would be a secret in a URL. */
async function drawLinked(request: RestRequest, links: PictureLinks, turns: Turns): Promise<RestAnswer> {
  const parameters = readParameters(request, ['query']);
  parameters.requiredChoice('type', ['qr_code']);
  const data = parameters.requiredText('data', 'call the qrcode_url of an answer');
  const scale = parameters.wholeNumber('scale', SCALE) ?? DEFAULT_SCALE;
  parameters.throwIfAny();
  const text = links.open(data);
  if (text === undefined)
    throw new UnreadableRequest(404, 'data: is not from a qrcode_url of the last 10 minutes: generate again');
  const options = { format: 'png', errorCorrection: 'M', scale, quietZone: 4 } as const;
  const picture = await turns.run(renderQrInSteps(text, options), ASKER);
  return { status: 200, headers: { 'content-type': picture.mediaType }, body: Buffer.from(picture.data) };
}

function readDigits(parameters: Parameters): number {
  return parameters.choice('digits', [6, 8]) ?? 6;
}
