/** Plaintext backups of Aegis and 2FAS with the fields that the apps write, and the errors for others. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAegis, readAegis } from '../../src/cli/input/aegis.ts';
import { asRecord, BackupError } from '../../src/cli/input/backup-entry.ts';
import { isTwoFas, readTwoFas } from '../../src/cli/input/two-fas.ts';
import { InvalidInputError } from '../../src/otp/error.ts';

type Backup = Record<string, unknown>;

const backup = (name: string): Backup => JSON.parse(readFileSync(join(import.meta.dirname, '../vectors/backups', name), 'utf8'));
const shown = (entries: readonly (string | InvalidInputError)[]) =>
  entries.map((entry) => (entry instanceof InvalidInputError ? entry.message : entry));

/** Returns a vault with a single key, whose information is changed. */
function aegis(info: Backup, entry: Backup = {}): Backup {
  const complete = { secret: 'JBSWY3DPEHPK3PXP', algo: 'SHA1', digits: 6, period: 30, ...info };
  const entries = [{ type: 'totp', name: 'a', issuer: 'b', info: complete, ...entry }];
  return { version: 1, header: { slots: null, params: null }, db: { version: 3, entries } };
}

describe('a backup that cannot be read', () => {
  it('is encrypted, and the message says how to export it again', () => {
    expect(() => readAegis(backup('aegis-encrypted.json'))).toThrow(/encrypted: export it again in Aegis, .* without encryption/);
    expect(() => readTwoFas(backup('2fas-encrypted.json'))).toThrow(/encrypted: export it again in 2FAS, .* without a password/);
  });

  it.each<[string, () => unknown]>([
    ['a vault of a later version', () => readAegis({ ...aegis({}), version: 2 })],
    ['a vault with content of a later version', () => readAegis({ ...aegis({}), db: { version: 4, entries: [] } })],
    ['a vault without entries', () => readAegis({ ...aegis({}), db: { version: 3 } })],
    ['a vault with too many entries', () => readAegis({ ...aegis({}), db: { version: 3, entries: Array(10_001).fill({}) } })],
    ['a vault whose content is null', () => readAegis({ ...aegis({}), db: null })],
    [
      'a backup of 2FAS with encrypted keys alone',
      () => readTwoFas({ schemaVersion: 4, services: [], servicesEncrypted: 'a:b:c' }),
    ],
    [
      'a backup of 2FAS with the reference of a password',
      () => readTwoFas({ schemaVersion: 4, services: [], reference: 'a:b:c' }),
    ],
    ['a later schema of 2FAS', () => readTwoFas({ schemaVersion: 5, services: [] })],
    ['no schema of 2FAS', () => readTwoFas({ schemaVersion: '4', services: [] })],
    ['services that are no list', () => readTwoFas({ schemaVersion: 4, services: {} })],
  ])('is %s', (_, read) => {
    expect(read).toThrow(BackupError);
  });
});

describe('a key that cannot be used', () => {
  it.each<[string, Backup, Backup, string]>([
    ['a type without a name', {}, { type: 7 }, 'type: is unknown'],
    ['a type that is a text of its own', {}, { type: 'JBSWY3DPEHPK3PXP and more' }, 'type: is unknown'],
    ['no information', {}, { info: null }, 'secret: must not be empty'],
    ['a secret that is no base32', { secret: 'no base32!' }, {}, 'secret: must be base32'],
    ['a secret that is a number', { secret: 1234 }, {}, 'secret: must not be empty'],
    ['no algorithm', { algo: undefined }, {}, 'algorithm: is unknown'],
    ['a lower-case algorithm', { algo: 'md5' }, {}, 'algorithm: is md5'],
    ['5 digits', { digits: 5 }, {}, 'digits: must be a whole number from 6 to 8'],
    ['digits as text', { digits: '6' }, {}, 'digits: must be'],
    ['a period of zero', { period: 0 }, {}, 'period_seconds: must be'],
    ['a HOTP without a counter', {}, { type: 'hotp' }, 'counter: must be'],
    ['a HOTP with a negative counter', { counter: -1 }, { type: 'hotp' }, 'counter: must be'],
  ])('has %s', (_, info, entry, says) => {
    const [message] = shown(readAegis(aegis(info, entry)));
    expect(message).toContain(says);
    expect(message).not.toContain('JBSWY3DPEHPK3PXP');
  });
});

describe('a backup of Aegis', () => {
  it('returns its TOTP and HOTP keys, and a reason for each other key', () => {
    expect(isAegis(backup('aegis.json'))).toBe(true);
    expect(shown(readAegis(backup('aegis.json')))).toEqual([
      expect.stringMatching(
        /^otpauth:\/\/totp\/ACME:alice%40example\.com\?secret=\w{32}&issuer=ACME&algorithm=SHA1&digits=6&period=30$/,
      ),
      expect.stringMatching(
        /^otpauth:\/\/totp\/Widgets%20%26%20S%C3%B6hne:alice\?secret=\w{52}&.*&algorithm=SHA256&digits=8&period=60$/,
      ),
      expect.stringMatching(/^otpauth:\/\/totp\/ops%20prod\?secret=\w{103}&algorithm=SHA512&digits=7&period=15$/),
      expect.stringMatching(/^otpauth:\/\/totp\/Name-less:Name-less\?/),
      expect.stringMatching(/^otpauth:\/\/hotp\/Bank:bob\?.*&counter=57$/),
      expect.stringMatching(/^type: is steam.*; digits: /),
      expect.stringMatching(/^type: is motp.*; algorithm: is MD5/),
      expect.stringMatching(/^type: is yandex/),
    ]);
  });
});

describe('a backup of 2FAS', () => {
  it('returns its TOTP and HOTP keys, and a reason for each other key', () => {
    expect(isTwoFas(backup('2fas.json'))).toBe(true);
    expect(shown(readTwoFas(backup('2fas.json')))).toEqual([
      expect.stringMatching(
        /^otpauth:\/\/totp\/ACME:alice%40example\.com\?secret=\w{32}&issuer=ACME&algorithm=SHA1&digits=6&period=30$/,
      ),
      expect.stringMatching(/^otpauth:\/\/totp\/Widgets:alice\?.*&algorithm=SHA256&digits=8&period=60$/),
      expect.stringMatching(/^otpauth:\/\/totp\/Typed%20by%20hand:Typed%20by%20hand\?.*&algorithm=SHA1&digits=6&period=30$/),
      expect.stringMatching(/^otpauth:\/\/hotp\/Bank:bob\?.*&counter=57$/),
      expect.stringMatching(/^type: is steam/),
      'algorithm: is MD5: it must be SHA1, SHA256 or SHA512',
      expect.stringMatching(/^counter: must be/),
    ]);
  });

  it('is read from the first schema too, which had no parameters', () => {
    expect(shown(readTwoFas(backup('2fas-schema-1.json')))).toEqual([
      expect.stringMatching(/^otpauth:\/\/totp\/ACME:alice\?.*&algorithm=SHA1&digits=6&period=30$/),
    ]);
  });
});

it('never fails otherwise, for any JSON', () => {
  const words = fc.constantFrom(
    'db',
    'header',
    'version',
    'entries',
    'services',
    'schemaVersion',
    'otp',
    'info',
    'type',
    'secret',
  );
  const anything = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.jsonValue({ maxDepth: 1 }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(words, tie('value')),
    ),
  })).value;
  fc.assert(
    fc.property(anything, (value) => {
      for (const read of [readAegis, readTwoFas]) {
        try {
          read(asRecord(value));
          read({ ...asRecord(value), version: 1, db: { version: 1, entries: [value] }, schemaVersion: 4, services: [value] });
        } catch (error) {
          expect(error).toBeInstanceOf(BackupError);
        }
      }
    }),
  );
});
