/** The generators of the property tests: keys of every accepted kind. */
import fc from 'fast-check';
import { type Algorithm, BOUNDS, type OtpType, type Parameters } from '../../src/otp/params.ts';

export const algorithms: fc.Arbitrary<Algorithm> = fc.constantFrom('SHA1', 'SHA256', 'SHA512');

export const types: fc.Arbitrary<OtpType> = fc.constantFrom('totp', 'hotp');

export const secrets: fc.Arbitrary<Uint8Array> = fc.uint8Array({ minLength: BOUNDS.secret.min, maxLength: BOUNDS.secret.max });

export const counters: fc.Arbitrary<number> = fc.integer(BOUNDS.counter);

export const parameters: fc.Arbitrary<Parameters> = fc
  .record({
    type: types,
    algorithm: algorithms,
    digits: fc.integer(BOUNDS.digits),
    period: fc.integer(BOUNDS.period),
  })
  .map((drawn) => (drawn.type === 'hotp' ? { ...drawn, period: 0 } : drawn));

/** Names with characters that have a meaning in URIs, and from every script. */
export const names: fc.Arbitrary<string> = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom('&', '=', '+', '%', '#', '?', '/', ' ', "'", 'é', '日', '🔑'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
    maxLength: 16,
  })
  .map((name) => name.replaceAll(':', '').trim());
