/** Keys with known secrets and codes, and the requests that verify them. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import { OtpType } from '../../gen/ts/otp/v1/key_pb.ts';
import type { VerifyRequestSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { hotpCode } from '../../src/otp/hotp.ts';
import { formatSecret } from '../../src/otp/secret.ts';
import { stepAt } from '../../src/otp/totp.ts';
import type { Random } from './form.ts';

/** Eight digits, so that a search for a code finds nothing else. */
const DIGITS = 8;
const SECRET_BYTES = 20;
/** In seconds: a long period, so that the codes of a test stay right while it runs. */
const LONG_PERIOD = 3600;
const LOOK_AHEAD = 100;
/** The past and future steps that a TOTP request accepts. */
const WINDOW = 10;

export interface TestKey {
  readonly type: 'hotp' | 'totp';
  readonly bytes: Uint8Array;
  /** In base32. */
  readonly secret: string;
  /** In seconds; zero for HOTP. */
  readonly period: number;
  /** The first and last step whose code a request of `requestOf` accepts during the whole test. */
  readonly first: number;
  readonly last: number;
}

export type VerifyInit = MessageInitShape<typeof VerifyRequestSchema>;

/** The fields of a request that tests set. */
export interface VerifyOptions {
  readonly requestId?: string;
  readonly allowReuse?: boolean;
  readonly afterStep?: bigint;
  /** The counter of a HOTP; 0 by default. */
  readonly counter?: bigint;
}

/** Makes a HOTP key with 101 steps from 0 on. */
export function hotpKey(random: Random): TestKey {
  return keyOf(random, { type: 'hotp', period: 0, first: 0, last: LOOK_AHEAD });
}

/** Makes a TOTP key with 18 steps around the current step, even if the period ends during the test. The default period is an hour. */
export function totpKey(random: Random, period: number = LONG_PERIOD): TestKey {
  const now = stepAt(Date.now(), period);
  return keyOf(random, { type: 'totp', period, first: now - WINDOW + 2, last: now + WINDOW - 1 });
}

/** Makes a key whose steps have different codes. Otherwise a used code could rightly be accepted as the code of a later step. */
function keyOf(random: Random, form: Omit<TestKey, 'bytes' | 'secret'>): TestKey {
  for (;;) {
    const bytes = random.bytes(SECRET_BYTES);
    const key = { ...form, bytes, secret: formatSecret(bytes) };
    if (rightCodes(key).size === stepsNear(key).length) return key;
  }
}

/** Returns the code of a step. */
export function codeOf({ bytes }: TestKey, step: number): string {
  return hotpCode(bytes, step, { algorithm: 'SHA1', digits: DIGITS });
}

/** Returns the steps of a key and the steps near them. */
function stepsNear({ first, last }: Omit<TestKey, 'bytes' | 'secret'>): number[] {
  const from = Math.max(0, first - 2);
  return Array.from({ length: last + 3 - from }, (_, place) => from + place);
}

/** Returns a code that belongs to none of the steps of the key, nor to the steps near them. */
export function wrongCode(key: TestKey, random: Random): string {
  const right = rightCodes(key);
  for (;;) {
    const code = String(random.below(10 ** DIGITS)).padStart(DIGITS, '0');
    if (!right.has(code)) return code;
  }
}

const known = new WeakMap<TestKey, ReadonlySet<string>>();

function rightCodes(key: TestKey): ReadonlySet<string> {
  const codes =
    known.get(key) ??
    new Set(Array.from({ length: key.last - key.first + 5 }, (_, place) => codeOf(key, Math.max(0, key.first - 2 + place))));
  known.set(key, codes);
  return codes;
}

/** Returns a request with a code and the widest window. */
export function requestOf(key: TestKey, code: string, { counter = 0n, ...more }: VerifyOptions = {}): VerifyInit {
  const source = { case: 'secret', value: key.secret } as const;
  return key.type === 'hotp'
    ? { key: { source, type: OtpType.HOTP, digits: DIGITS, counter }, code, lookAhead: LOOK_AHEAD, ...more }
    : {
        key: { source, digits: DIGITS, periodSeconds: key.period },
        code,
        pastSteps: WINDOW,
        futureSteps: WINDOW,
        ...more,
      };
}
