/** Makes real calls before and after each load, and checks their answers: the code, the status and the picture. */
import { toBinary } from '@bufbuild/protobuf';
import {
  connect,
  GenerateResponseSchema,
  type OtpClient,
  QrFormat,
  type Token,
  TokenResponseSchema,
  VerifyResponseSchema,
  VerifyStatus,
} from '../clients/typescript/src/index.ts';
import { formatSecret, parseSecret } from '../src/otp/secret.ts';
import { checkHttpCall } from './http-calls.ts';
import type { Launched } from './launch.ts';
import { hotp, SECRET, verifyBody } from './load/bodies.ts';
import type { Load, Serving } from './rows.ts';
import { CONSTANT_TOKEN } from './servers/constants.ts';

const SECRET_TEXT: string = formatSecret(SECRET);
export const LABEL = { issuer: 'ACME', accountName: 'alice@example.com' } as const;

const PERIOD_S = 30;
const PNG_SIGNATURE = '89504e470d0a1a0a';

/** The properties of correct answers. */
export interface Answer {
  /** The bounds on the mean length of many messages. */
  readonly bytes: readonly [number, number];
  /** The length of the picture; undefined if the answer has none. */
  readonly pictureBytes: number | undefined;
}

/** Makes a real call of the kind that the load makes. Throws if the answer is not correct. */
export async function checkCall(
  { server, httpAddress, apiKey }: Launched,
  { kind }: Serving,
  { call, http, items }: Pick<Load, 'call' | 'http' | 'items'>,
): Promise<Answer> {
  if (call === 'json-token' || call === 'apiverve' || call === '2faotp') {
    const constant = kind === 'bare-json' ? CONSTANT_TOKEN.token?.code : undefined;
    return { bytes: await checkHttpCall(httpAddress, apiKey, call, constant, http), pictureBytes: undefined };
  }
  using client = connect(server.address, apiKey, { plaintext: true });
  if (items !== undefined) return await checkBatch(client, call);
  if (call === 'token') return await checkToken(client, kind === 'bare');
  if (call === 'verify-right' || call === 'verify-wrong')
    return await checkVerify(client, call === 'verify-right' ? 'right' : 'wrong');
  return await checkGenerate(client, call === 'generate-png');
}

async function checkToken(client: OtpClient, constant: boolean): Promise<Answer> {
  const response = await client.token({ key: { source: { case: 'secret', value: SECRET_TEXT } } });
  const step = Number(response.token?.step);
  const isNow = Math.abs(step - Date.now() / 1000 / PERIOD_S) <= 1.1;
  const code = constant ? CONSTANT_TOKEN.token?.code : hotp(SECRET, step);
  expect(response.token?.code === code && (constant || isNow), 'a Token with another code');
  const { length } = toBinary(TokenResponseSchema, response);
  return { bytes: constant ? [length, length] : timed(length, response.token), pictureBytes: undefined };
}

async function checkVerify(client: OtpClient, kind: 'right' | 'wrong'): Promise<Answer> {
  const { secret, code } = verifyBody(kind);
  const response = await client.verify({ key: { source: { case: 'secret', value: secret } }, code });
  expect(
    response.status === (kind === 'right' ? VerifyStatus.ACCEPTED : VerifyStatus.MISMATCH),
    `a Verify with ${response.status}`,
  );
  expect(response.valid === (kind === 'right'), 'a Verify that contradicts itself');
  const { length } = toBinary(VerifyResponseSchema, response);
  return { bytes: [length, length], pictureBytes: undefined };
}

async function checkBatch(client: OtpClient, call: Load['call']): Promise<Answer> {
  const key = { source: { case: 'secret', value: SECRET_TEXT } } as const;
  if (call === 'token') {
    const { results } = await client.batchToken({ requests: [{ key }, {}] });
    const told = results.map(({ result }) => (result.case === 'response' ? result.value.token : undefined));
    expect(told[0]?.code === hotp(SECRET, Number(told[0]?.step)) && told[1] === undefined, 'a BatchToken with other codes');
  } else {
    const { secret, code } = verifyBody('wrong');
    const wrong = { key: { source: { case: 'secret', value: secret } }, code } as const;
    const { results } = await client.batchVerify({ requests: [wrong, {}] });
    const statuses = results.map(({ result }) => (result.case === 'response' ? result.value.status : undefined));
    expect(statuses[0] === VerifyStatus.MISMATCH && statuses[1] === undefined, 'a BatchVerify with other outcomes');
  }
  return { bytes: [0, 0], pictureBytes: undefined };
}

async function checkGenerate(client: OtpClient, png: boolean): Promise<Answer> {
  const response = await client.generate({ ...LABEL, qrCode: { format: png ? QrFormat.PNG : QrFormat.NONE } });
  const { secret, uri, token, qrCode } = response;
  expect(token?.code === hotp(parseSecret(secret), Number(token?.step)), 'a Generate with another code');
  expect(uri.includes(secret), 'a Generate with another URI');
  const data = Buffer.from(qrCode?.data ?? []);
  expect((data.subarray(0, 8).toString('hex') === PNG_SIGNATURE) === png, 'a Generate with another picture');
  const { length } = toBinary(GenerateResponseSchema, response);
  // Pictures compress to different sizes. The server's log has the errors that these bounds do not detect.
  const bytes = png ? ([length * 0.8, length * 1.2] as const) : timed(length, token);
  return { bytes, pictureBytes: png ? data.length : undefined };
}

/**
 * Returns the bounds on the mean length of answers with a server time. The length of the nanoseconds varies: five bytes from 269 ms on, four before,
 * three in the first two ms. The bounds are so close that one error in a hundred shows.
 */
function timed(length: number, token: Token | undefined): [number, number] {
  const nanos = token?.serverTime?.nanos ?? 0;
  // At a full second, the message lacks the field of the nanoseconds and its tag of one byte.
  const without = nanos === 0 ? length + 1 : length - varintBytes(nanos);
  return [without + 3.9, without + 5];
}

function varintBytes(value: number): number {
  return Math.ceil((32 - Math.clz32(value)) / 7);
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(`the server answers ${otherwise} than is right`);
}
