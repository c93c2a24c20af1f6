/** The second factor of a user: the calls of otpd, and what a database would keep. docs/guide.md explains each. */
import {
  connect,
  type OtpClient,
  SecretDelivery,
  type VerifyRecoveryCodeResponse,
  type VerifyResponse,
  VerifyStatus,
} from 'otpd-client';
import type { User } from './users.ts';

const { OTPD_ADDRESS: address = '127.0.0.1:50051', OTPD_API_KEY: apiKey = '' } = process.env;
// Plaintext is for a server on this machine: leave it out to use TLS.
const otpd: OtpClient = connect(address, apiKey, { plaintext: true });

/** A row of the table `second_factors`. */
interface Factor {
  sealedKey: string;
  lastStep?: bigint | undefined;
  recoverySet?: string;
  recoveryGeneration?: number;
}

const factors = new Map<number, Factor>();

export function hasFactor(user: User): boolean {
  return factors.has(user.id);
}

function factorOf(user: User): Factor {
  const factor = factors.get(user.id);
  if (factor === undefined) throw new Error('this user has no second factor');
  return factor;
}

/** An enrolment that is not confirmed: the session keeps it. */
export interface Pending {
  readonly blob: string;
  readonly generation: number;
}

export interface Enrolment {
  readonly pending: Pending;
  /** A `data:` URI. */
  readonly picture: string;
  readonly uri: string;
}

/** Begins an enrolment. The picture and the URI hold the secret: they are shown once, and kept nowhere. */
export async function begin(user: User): Promise<Enrolment> {
  const generation = user.totpGeneration + 1;
  const { sealed, uri, qrCode } = await otpd.generate({
    issuer: 'ACME',
    accountName: user.name,
    delivery: SecretDelivery.SEALED,
    sealedContext: contextOf(user, 'totp', generation),
  });
  if (sealed === undefined || qrCode === undefined) throw new Error('otpd made no sealed key');
  return { pending: { blob: sealed.blob, generation }, picture: qrCode.dataUri, uri };
}

/** Checks the first code of a new app. Only an accepted one turns the second factor on. */
export async function confirm(user: User, pending: Pending, code: string, requestId: string): Promise<VerifyResponse> {
  const key = sealedKey(pending.blob, contextOf(user, 'totp', pending.generation));
  const answer = await otpd.verify({ key, code, confirm: true, requestId });
  if (answer.status !== VerifyStatus.ACCEPTED || answer.resealed === undefined) return answer;
  user.totpGeneration = pending.generation;
  factors.set(user.id, { ...factors.get(user.id), sealedKey: answer.resealed.blob, lastStep: answer.matchedStep });
  return answer;
}

/** Checks a code at login. The user may pass if, and only if, the status is ACCEPTED. */
export async function check(user: User, code: string, requestId: string): Promise<VerifyResponse> {
  const factor = factorOf(user);
  const key = sealedKey(factor.sealedKey, contextOf(user, 'totp', user.totpGeneration));
  const answer = await otpd.verify({ key, code, afterStep: factor.lastStep, requestId });
  if (answer.status !== VerifyStatus.ACCEPTED) return answer;
  factor.lastStep = answer.matchedStep;
  // otpd hands over a new blob when its sealing keys were rotated.
  if (answer.resealed !== undefined) factor.sealedKey = answer.resealed.blob;
  return answer;
}

/** Makes new recovery codes, to show once. Codes of the previous set stop working when that is revoked. */
export async function renewRecoveryCodes(user: User): Promise<readonly string[]> {
  const factor = factorOf(user);
  const { recoverySet: old, recoveryGeneration = 0 } = factor;
  const { codes, set } = await otpd.generateRecoveryCodes({ sealedContext: contextOf(user, 'recovery', recoveryGeneration + 1) });
  if (set === undefined) throw new Error('otpd made no set of recovery codes');
  Object.assign(factor, { recoverySet: set.blob, recoveryGeneration: recoveryGeneration + 1 });
  if (old !== undefined)
    await otpd.revokeRecoveryCodes({ set: { blob: old, context: contextOf(user, 'recovery', recoveryGeneration) } });
  return codes;
}

/** Checks a recovery code. It lets the user in once, and does not change the second factor. */
export async function recover(user: User, code: string, requestId: string): Promise<VerifyRecoveryCodeResponse> {
  const { recoverySet: blob = '', recoveryGeneration = 0 } = factorOf(user);
  const set = { blob, context: contextOf(user, 'recovery', recoveryGeneration) };
  return otpd.verifyRecoveryCode({ set, code, requestId });
}

/** The text that a blob is bound to: built from the user at each call, and not stored beside the blob. */
function contextOf(user: User, use: 'totp' | 'recovery', generation: number): Uint8Array {
  return Buffer.from(`user-${user.id}/${use}/${generation}`);
}

function sealedKey(blob: string, context: Uint8Array) {
  return { source: { case: 'sealed', value: { blob, context } } } as const;
}
