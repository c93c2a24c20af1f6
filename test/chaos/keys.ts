/** Keys whose secrets and codes a test knows, and the requests to verify them. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import { OtpType } from '../../gen/ts/otp/v1/key_pb.ts';
import type { VerifyRequestSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { hotpCode } from '../../src/otp/hotp.ts';
import { formatSecret } from '../../src/otp/secret.ts';
import { stepAt } from '../../src/otp/totp.ts';
import type { Random } from './form.ts';

/** Eight, so that a search for a code finds that code. */
const DIGITS = 8;
const SECRET_BYTES = 20;
/** An hour: the codes of a test stay right while it runs. */
const LONG_PERIOD = 3600;
const LOOK_AHEAD = 100;
/** Past and future steps of a TOTP. */
const WINDOW = 10;

export interface TestKey {
  readonly type: 'hotp' | 'totp';
  readonly bytes: Uint8Array;
  /** In base32. */
  readonly secret: string;
  /** In seconds; zero for HOTP. */
  readonly period: number;
  /** The first and last step whose code a request of `requestOf` finds, all the test long. */
  readonly first: number;
  readonly last: number;
}

export type VerifyInit = MessageInitShape<typeof VerifyRequestSchema>;

/** The fields of a request that tests set. */
export interface VerifyOptions {
  readonly requestId?: string;
  readonly allowReuse?: boolean;
  readonly afterStep?: bigint;
  /** Of a HOTP; 0 by default. */
  readonly counter?: bigint;
}

/** A new HOTP key, with 101 steps from 0 on. */
export function hotpKey(random: Random): TestKey {
  return keyOf(random, { type: 'hotp', period: 0, first: 0, last: LOOK_AHEAD });
}

/** A new TOTP key: by default of an hour, with 18 steps around the present one even if the hour ends meanwhile. */
export function totpKey(random: Random, period: number = LONG_PERIOD): TestKey {
  const now = stepAt(Date.now(), period);
  return keyOf(random, { type: 'totp', period, first: now - WINDOW + 2, last: now + WINDOW - 1 });
}

function keyOf(random: Random, key: Omit<TestKey, 'bytes' | 'secret'>): TestKey {
  const bytes = random.bytes(SECRET_BYTES);
  return { ...key, bytes, secret: formatSecret(bytes) };
}

/** The code of a step. */
export function codeOf({ bytes }: TestKey, step: number): string {
  return hotpCode(bytes, step, { algorithm: 'SHA1', digits: DIGITS });
}

/** A code that is of none of the key's steps, nor of any near them. */
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

/** A request with a code, of the widest window. */
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
