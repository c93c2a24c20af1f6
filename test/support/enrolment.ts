/** Enrols keys through a client: pending and confirmed sealed keys, with the user's device. */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type Key, KeySchema, SecretDelivery } from '../../gen/ts/otp/v1/key_pb.ts';
import {
  type GenerateRequestSchema,
  type GenerateResponse,
  type VerifyRequest,
  type VerifyResponse,
  VerifyStatus,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { Violations } from '../../src/otp/error.ts';
import { hotpCode } from '../../src/otp/hotp.ts';
import type { Parameters } from '../../src/otp/params.ts';
import { readUri } from '../../src/otp/read-uri.ts';
import { stepAt } from '../../src/otp/totp.ts';
import { type Answer, type CallOptions, methods, type TestClient } from './client.ts';

/** The fields of a key except its source. */
type KeyFields = Pick<Partial<Key>, 'type' | 'algorithm' | 'digits' | 'periodSeconds' | 'counter'>;

/** Makes the sealed key of a request. */
export function sealedKey(blob: string, context: string | Uint8Array = '', fields: KeyFields = {}): Key {
  const source = { case: 'sealed', value: { blob, context: Buffer.from(context) } } as const;
  return Object.assign(create(KeySchema, { source }), fields);
}

/** The device of a user that has read the QR code. */
export interface Device {
  readonly secret: Uint8Array;
  readonly parameters: Parameters;
  /** Returns the code at a time in ms, or at a counter. */
  readonly code: (at: number) => string;
}

/** Makes the device that has scanned `uri`. */
export function deviceOf(uri: string): Device {
  const found = new Violations();
  const { secret, type, algorithm, digits, period = 0 } = readUri(uri, found);
  found.throwIfAny();
  if (secret === undefined || type === undefined || algorithm === undefined || digits === undefined) throw new Error('no key');
  const parameters = { type, algorithm, digits, period };
  return { secret, parameters, code: (at) => hotpCode(secret, period === 0 ? at : stepAt(at, period), parameters) };
}

/** A key that is not confirmed yet. */
export interface Pending {
  readonly made: GenerateResponse;
  readonly blob: string;
  readonly device: Device;
}

/** Begins an enrolment. */
export async function beginEnrolment(
  client: TestClient,
  request: MessageInitShape<typeof GenerateRequestSchema> = {},
  options: CallOptions = {},
): Promise<Pending> {
  const asked = { issuer: 'ACME', accountName: 'alice', delivery: SecretDelivery.SEALED, ...request };
  const { response, message } = await client.call(methods.generate, asked, options);
  if (response?.sealed === undefined) throw new Error(`nothing was sealed: ${message}`);
  return { made: response, blob: response.sealed.blob, device: deviceOf(response.uri) };
}

/** Calls Verify with a code. */
export function verify(
  client: TestClient,
  key: MessageInitShape<typeof KeySchema>,
  code: string,
  more: Readonly<Partial<Pick<VerifyRequest, 'confirm' | 'requestId' | 'allowReuse' | 'lookAhead'>>> = {},
  options: CallOptions = {},
): Promise<Answer<VerifyResponse>> {
  return client.call(methods.verify, { key, code, ...more }, options);
}

/** Enrols a key and confirms it at `now`, which uses its code. Returns the confirmed blob. */
export async function enrol(
  client: TestClient,
  now: number,
  context = '',
  request: MessageInitShape<typeof GenerateRequestSchema> = {},
): Promise<Pending> {
  const pending = await beginEnrolment(client, { sealedContext: Buffer.from(context), ...request });
  const answer = await verify(client, sealedKey(pending.blob, context), pending.device.code(now), { confirm: true });
  const { response } = answer;
  if (response?.status !== VerifyStatus.ACCEPTED || response.resealed === undefined)
    throw new Error(`not confirmed: ${response?.status ?? answer.message}`);
  return { ...pending, blob: response.resealed.blob };
}
