/** URIs: a table of URIs that are written, read and refused, and round trips for any key. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Violations } from '../../src/otp/error.ts';
import { type Algorithm, BOUNDS, completeParameters, type OtpType } from '../../src/otp/params.ts';
import { readUri } from '../../src/otp/read-uri.ts';
import { formatSecret, parseSecret } from '../../src/otp/secret.ts';
import { checkLabel, formatUri, type KeyUri } from '../../src/otp/uri.ts';
import uris from '../vectors/uris.json' with { type: 'json' };
import { names, parameters, secrets } from './arbitraries.ts';
import { fieldsOf, tolerate, violationsOf } from './violations.ts';

/** A key in the table. Missing fields have their defaults. */
interface TableKey {
  readonly issuer: string;
  readonly accountName: string;
  readonly secret?: string;
  readonly type?: string;
  readonly algorithm?: string;
  readonly digits?: number;
  readonly period?: number;
  readonly counter?: number;
}

function toKey({ issuer, accountName, secret = 'JBSWY3DPEHPK3PXP', type, algorithm, digits, period, counter }: TableKey): KeyUri {
  const given = { type: type as OtpType | undefined, algorithm: algorithm as Algorithm | undefined, digits, period };
  return { issuer, accountName, secret: parseSecret(secret), parameters: completeParameters(given), counter };
}

/** Returns everything in a URI, including the counter of a HOTP. */
function parseUri(text: string): KeyUri {
  const found = new Violations();
  const { type, secret, algorithm, digits, period = 0, counter, issuer, accountName } = readUri(text, found);
  found.throwIfAny();
  if (type === undefined || secret === undefined || algorithm === undefined || digits === undefined) {
    throw new Error('a URI without violations is complete');
  }
  return { issuer, accountName, secret, parameters: { type, algorithm, digits, period }, counter };
}

const KEY = toKey({ issuer: 'ACME', accountName: 'alice' });
const HOTP = toKey({ issuer: 'ACME', accountName: 'alice', type: 'hotp', counter: 0 });
const written: readonly { name: string; uri: string; key: TableKey }[] = uris.written;
const read: readonly { name: string; uri: string; key: TableKey }[] = uris.read;

describe('readUri', () => {
  it.each(uris.refused)('refuses $name', ({ uri, violations }) => {
    const found = violationsOf(() => parseUri(uri));
    expect(found).toEqual(violations.map((part) => expect.stringMatching(new RegExp(`^uri: .*${part}`))));
  });

  it.each(read)('reads $name', ({ uri, key }) => expect(parseUri(uri)).toEqual(toKey(key)));

  it.each(written)('reads what is written: $name', ({ uri, key }) => expect(parseUri(uri)).toEqual(toKey(key)));

  it('refuses more than 4096 bytes', () => {
    const uri = 'otpauth://totp/alice?secret=JBSWY3DPEHPK3PXP&image=';
    expect(parseUri(uri.padEnd(4096, 'a')).accountName).toBe('alice');
    for (const long of [uri.padEnd(4097, 'a'), `${uri}${'é'.repeat(2030)}`]) {
      expect(violationsOf(() => parseUri(long))).toEqual(['uri: must be at most 4096 bytes']);
    }
  });

  it('says nothing of the secret when it refuses', () => {
    expect(violationsOf(() => parseUri('otpauth://totp/?secret=CANARY18&digits=CANARY&algorithm=CANARY')).join()).not.toContain(
      'CANARY',
    );
  });

  it('reads any text or refuses it, with no other error', () => {
    const parts = [
      'otpauth://',
      'totp',
      'hotp',
      '/',
      '?',
      '&',
      '=',
      ':',
      '%',
      '%3A',
      '#',
      'secret',
      'AAAAAAAA',
      'counter',
      '1',
      'issuer',
      'é',
      '\ud800',
    ];
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...parts) }),
      fc.string({ unit: fc.constantFrom(...parts) }).map((tail) => `otpauth://totp/${tail}`),
      fc.string({ unit: 'binary' }).map((tail) => `otpauth://totp/alice?secret=AAAAAAAA&${tail}`),
    );
    fc.assert(
      fc.property(text, (drawn) => tolerate(() => parseUri(drawn))),
      { numRuns: 1000 },
    );
  });
});

describe('formatUri', () => {
  it('refuses HOTP without a counter, or with an invalid one', () => {
    expect(fieldsOf(() => formatUri({ ...HOTP, counter: undefined }))).toEqual(['counter']);
    expect(fieldsOf(() => formatUri({ ...HOTP, counter: -1 }))).toEqual(['counter']);
  });

  it('refuses a colon rather than write one', () => {
    expect(fieldsOf(() => formatUri({ ...KEY, issuer: 'A:B', accountName: 'c:d' }))).toEqual(['issuer', 'account_name']);
  });

  it.each(written)('writes $name', ({ uri, key }) => expect(formatUri(toKey(key))).toBe(uri));

  it('writes what readUri reads, for any key', () => {
    fc.assert(
      fc.property(names, names, secrets, parameters, fc.integer(BOUNDS.counter), (issuer, account, secret, drawn, counter) => {
        const key = {
          issuer,
          accountName: account === '' ? 'x' : account,
          secret,
          parameters: drawn,
          counter: drawn.type === 'hotp' ? counter : undefined,
        };
        fc.pre(acceptable(key));
        const uri = formatUri(key);
        expect(parseUri(uri)).toEqual(key);
        expect(uri).toMatch(/^[A-Za-z0-9:/?&=%~._-]+$/);
        expect(uri).toContain(`secret=${formatSecret(secret)}&`);
      }),
      { numRuns: 300 },
    );
  });

  it('stays below the limit of readUri with the longest of everything', () => {
    const longest = {
      ...HOTP,
      issuer: '€'.repeat(42),
      accountName: '€'.repeat(85),
      secret: new Uint8Array(256),
      counter: BOUNDS.counter.max,
    };
    expect(parseUri(formatUri(longest))).toEqual(longest);
  });
});

function acceptable({ issuer, accountName }: KeyUri): boolean {
  try {
    checkLabel(issuer, accountName);
    return true;
  } catch {
    return false;
  }
}

describe('checkLabel', () => {
  it.each([
    ['a colon', 'a:b', 'a colon'],
    ['a line break', 'a\nb', 'control characters'],
    ['NUL', 'a\0b', 'control characters'],
    ['a C1 control', 'a\u0085b', 'control characters'],
    ['a line separator', 'a\u2028b', 'control characters'],
    ['a turned direction', 'a\u202eb', 'control characters'],
    ['a lone surrogate', 'a\ud800b', 'lone surrogates'],
  ])('refuses %s in both', (_, text, part) => {
    expect(violationsOf(() => checkLabel(text, text))).toEqual([
      expect.stringMatching(`^issuer: .*${part}`),
      expect.stringMatching(`^account_name: .*${part}`),
    ]);
  });

  it('counts bytes, not characters', () => {
    expect(checkLabel('a'.repeat(128), 'a'.repeat(256)).accountName).toHaveLength(256);
    expect(fieldsOf(() => checkLabel('a'.repeat(129), 'a'.repeat(257)))).toEqual(['issuer', 'account_name']);
    expect(fieldsOf(() => checkLabel('é'.repeat(65), 'é'.repeat(129)))).toEqual(['issuer', 'account_name']);
  });

  it('requires an account name, but no issuer', () => {
    expect(violationsOf(() => checkLabel('ACME', ' \t '))).toEqual([expect.stringContaining('account_name: is required')]);
    expect(checkLabel('', 'alice')).toEqual({ issuer: '', accountName: 'alice' });
  });

  it('trims both', () => expect(checkLabel(' ACME ', '\u00a0alice\n')).toEqual({ issuer: 'ACME', accountName: 'alice' }));

  it('keeps joiners and marks that scripts and emoji need', () => {
    expect(checkLabel('👩‍💻', 'می‌خواهم').issuer).toBe('👩‍💻');
  });
});
