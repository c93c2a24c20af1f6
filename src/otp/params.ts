/** The parameters that turn a secret into codes: their defaults, their bounds, and one check for all of them. */
import { Violations } from './error.ts';

/** The kind of one-time password: by time (RFC 6238) or by counter (RFC 4226). */
export type OtpType = 'totp' | 'hotp';

/** The hash function under the HMAC (RFC 4226 section 5.3, RFC 6238 section 1.2). */
export type Algorithm = 'SHA1' | 'SHA256' | 'SHA512';

/** Complete and valid parameters, as `completeParameters` makes them. */
export interface Parameters {
  readonly type: OtpType;
  readonly algorithm: Algorithm;
  /** The length of a code (RFC 4226 section 5.3). */
  readonly digits: number;
  /** The time step in seconds (RFC 6238 section 4.1); 0 for HOTP. */
  readonly period: number;
}

/** The parameters in a request; an undefined parameter takes its default. */
export interface ParametersInput {
  readonly type?: OtpType | undefined;
  readonly algorithm?: Algorithm | undefined;
  readonly digits?: number | undefined;
  readonly period?: number | undefined;
}

/** The smallest and the largest value that is accepted. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** The quantities that have bounds. */
export type Bounded = 'digits' | 'period' | 'counter' | 'secret' | 'newSecret' | 'window' | 'lookAhead';

/** The default values. */
export const DEFAULTS = {
  type: 'totp',
  algorithm: 'SHA1',
  digits: 6,
  /** Seconds. */
  period: 30,
  /** The counter of a new HOTP key. */
  counter: 0,
  /** Time steps accepted on each side of the current one (RFC 6238 section 5.2). */
  window: 1,
  /** Counters accepted after a HOTP key's own (RFC 4226 section 7.4). */
  lookAhead: 10,
} as const;

/** Bytes of a new secret: the length of the hash (RFC 4226 section 4, R6; RFC 6238 section 5.1). */
export const NEW_SECRET_BYTES: Readonly<Record<Algorithm, number>> = { SHA1: 20, SHA256: 32, SHA512: 64 };

/** The accepted values, from and to, both included. */
export const BOUNDS: Readonly<Record<Bounded, Bounds>> = {
  digits: { min: 6, max: 8 },
  /** Seconds; a day at most. */
  period: { min: 1, max: 86_400 },
  /** The largest integer that a double holds exactly; RFC 4226 has 64 bits. */
  counter: { min: 0, max: Number.MAX_SAFE_INTEGER },
  /** Bytes of a secret that is read. */
  secret: { min: 1, max: 256 },
  /** Bytes of a secret that is made (RFC 4226 section 4, R6: at least 128 bits). */
  newSecret: { min: 16, max: 64 },
  /** Time steps on one side of the current one. */
  window: { min: 0, max: 10 },
  /** Counters after a HOTP key's own. */
  lookAhead: { min: 0, max: 100 },
};

/** Notes a violation unless the value is a whole number within the bounds. */
export function checkWhole(found: Violations, field: string, value: number, { min, max }: Bounds): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  found.add(field, `must be a whole number from ${min} to ${max}`);
}

/** Throws a violation of `counter` unless the value is a counter (RFC 4226 section 5.1). */
export function checkCounter(counter: number): void {
  const found = new Violations();
  checkWhole(found, 'counter', counter, BOUNDS.counter);
  found.throwIfAny();
}

/**
 * Fills in the defaults.
 *
 * @throws InvalidInputError with every violation at once, of `digits` and `period_seconds`.
 */
export function completeParameters(input: ParametersInput): Parameters {
  const { type = DEFAULTS.type, algorithm = DEFAULTS.algorithm, digits = DEFAULTS.digits } = input;
  const found = new Violations();
  checkWhole(found, 'digits', digits, BOUNDS.digits);
  if (type === 'hotp') {
    if (input.period !== undefined && input.period !== 0)
      found.add('period_seconds', 'must be left unset for HOTP, which has no time step');
    found.throwIfAny();
    return { type, algorithm, digits, period: 0 };
  }
  const { period = DEFAULTS.period } = input;
  checkWhole(found, 'period_seconds', period, BOUNDS.period);
  found.throwIfAny();
  return { type, algorithm, digits, period };
}
