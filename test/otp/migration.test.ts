/** otpauth-migration URIs: from another implementation, from real apps, and round trips. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../src/otp/error.ts';
import { isMigrationUri, type MigrationPart, readMigration } from '../../src/otp/migration.ts';
import { checkMigratable } from '../../src/otp/migration-key.ts';
import { writeMigration } from '../../src/otp/migration-write.ts';
import type { Parameters } from '../../src/otp/params.ts';
import { fitLabel, formatUri, type KeyUri } from '../../src/otp/uri.ts';
import { processorMs } from '../support/running-time.ts';
import vectors from '../vectors/migration.json' with { type: 'json' };
import { algorithms, counters, names, secrets, types } from './arbitraries.ts';
import { fieldsOf, violationsOf } from './violations.ts';

const FIRST = vectors.read[0]?.uri ?? '';

/** Returns a key in the form of the vectors, or the reason why there is none. */
function shown(entry: KeyUri | InvalidInputError): unknown {
  if (entry instanceof InvalidInputError) return entry.message;
  const { secret, parameters, counter, issuer, accountName } = entry;
  const { type, algorithm, digits, period } = parameters;
  expect(period).toBe(type === 'totp' ? 30 : 0);
  const hex = Buffer.from(secret).toString('hex');
  return { issuer, accountName, secret: hex, type, algorithm, digits, ...(counter === undefined ? {} : { counter }) };
}

function read(uri: string): MigrationPart {
  expect(isMigrationUri(uri)).toBe(true);
  return readMigration(uri);
}

describe('a migration that another program has written', () => {
  it.each(vectors.read)('has $name', ({ uri, entries, part }) => {
    const { entries: found, ...place } = read(uri);
    const expected = entries.map((entry) => (typeof entry === 'string' ? expect.stringContaining(entry) : entry));
    expect(found.map(shown)).toEqual(expected);
    if (part !== undefined) expect(place).toEqual(part);
    // Every key that was read can be written as an otpauth URI.
    for (const key of found) if (!(key instanceof InvalidInputError)) formatUri(key);
  });

  it.each(vectors.refused)('is refused as a whole: $name', ({ uri, says }) => {
    expect(violationsOf(() => readMigration(uri))).toEqual([expect.stringMatching(new RegExp(`^uri: .*${says}`))]);
  });

  it('is read in any case of the scheme, with more parameters and invisible characters around it', () => {
    const expected = read(FIRST);
    expect(read(FIRST.replace('otpauth-migration://offline', 'OTPAUTH-Migration://OFFLINE/'))).toEqual(expected);
    expect(read(`\u200b ${FIRST.replace('data=', 'from=x&Data=')}&y=z\n`)).toEqual(expected);
    expect(isMigrationUri('otpauth://totp/x?secret=AA')).toBe(false);
  });
});

it('takes a field of another wire type for one that it does not know', () => {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).bytes(Buffer.from('12345678901234567890'));
  writer.tag(4, WireType.LengthDelimited).bytes(Buffer.of());
  writer.tag(4, WireType.Varint).int32(1);
  writer.tag(5, WireType.Varint).int32(1);
  writer.tag(6, WireType.Varint).int32(2).tag(6, WireType.Bit32).fixed32(1).tag(2, WireType.Varint).int32(5);
  writer.join().tag(3, WireType.LengthDelimited).bytes(Buffer.of(0xff));
  const data = Buffer.from(writer.finish()).toString('base64url');
  const { entries, size } = readMigration(`otpauth-migration://offline?data=${data}`);
  expect(size).toBe(1);
  expect(entries.map(shown)).toEqual([
    expect.objectContaining({ accountName: 'unnamed', type: 'totp', algorithm: 'SHA1', digits: 6 }),
  ]);
});

describe('what would cost too much', () => {
  it('is refused by its length alone', () => {
    const huge = `otpauth-migration://offline?data=${'CgA'.repeat(3_500_000)}`;
    const wide = `${huge}\u20ac`;
    const tookMs = processorMs(() => {
      for (let i = 0; i < 1000; i++) expect(() => readMigration(huge)).toThrow(InvalidInputError);
      for (let i = 0; i < 1000; i++) isMigrationUri(huge);
      // Counting the bytes of such a text takes milliseconds.
      for (let i = 0; i < 1000; i++) expect(() => readMigration(wide)).toThrow(InvalidInputError);
    });
    expect(tookMs).toBeLessThan(1000);
  });

  it('never says more than that it is wrong, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const data = Buffer.from(bytes).toString('base64');
        try {
          const { entries } = readMigration(`otpauth-migration://offline?data=${encodeURIComponent(data)}`);
          expect(entries.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
          if (data.length > 8) expect(String(error)).not.toContain(data);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('never fails otherwise on a message with a byte changed, cut off or put in', () => {
    const data = Buffer.from(decodeURIComponent(FIRST.split('data=')[1] ?? ''), 'base64');
    fc.assert(
      fc.property(fc.nat(data.length - 1), fc.nat(255), fc.constantFrom(0, 1, 2), (at, byte, kept) => {
        const bytes = Buffer.concat([data.subarray(0, at), Buffer.of(byte), data.subarray(at + kept)]);
        try {
          readMigration(`otpauth-migration://offline?data=${encodeURIComponent(bytes.toString('base64'))}`);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

const migratable: fc.Arbitrary<KeyUri> = fc
  .record({
    secret: secrets,
    type: types,
    algorithm: algorithms,
    digits: fc.constantFrom(6, 8),
    counter: counters,
    issuer: names,
    accountName: names,
  })
  .map(({ secret, type, algorithm, digits, counter, ...label }) => ({
    secret,
    parameters: { type, algorithm, digits, period: type === 'totp' ? 30 : 0 },
    counter: type === 'hotp' ? counter : undefined,
    ...fitLabel(label),
  }));

describe('a migration that we write', () => {
  it('survives a round trip, in parts that fit into QR codes', () => {
    fc.assert(
      fc.property(fc.array(migratable, { minLength: 1, maxLength: 30 }), fc.integer(), (keys, batchId) => {
        keys.forEach(checkMigratable);
        const { uris, places } = writeMigration(keys, batchId | 0);
        const parts = uris.map(readMigration);
        expect(parts.flatMap(({ entries }) => entries)).toEqual(keys);
        expect(parts.map(({ index }) => index)).toEqual(uris.map((_, index) => index));
        expect(parts.every((part) => part.size === uris.length && part.batchId === (batchId | 0))).toBe(true);
        expect(places).toEqual(parts.flatMap(({ entries, index }) => entries.map(() => index)));
        for (const [index, { entries }] of parts.entries()) {
          expect(entries.length).toBeLessThanOrEqual(10);
          if (entries.length > 1) expect(uris[index]?.length).toBeLessThan(1200);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('has ten usual keys in one part, and an eleventh in another', () => {
    const key = usual({});
    expect(
      writeMigration(
        Array.from({ length: 10 }, () => key),
        1,
      ).uris,
    ).toHaveLength(1);
    expect(
      writeMigration(
        Array.from({ length: 11 }, () => key),
        1,
      ).places.at(-1),
    ).toBe(1);
  });

  it('has large keys in separate parts', () => {
    const large = { ...usual({}), secret: new Uint8Array(256).fill(7), accountName: 'x'.repeat(256) };
    const { uris, places } = writeMigration([large, large, usual({}), usual({}), large], 1);
    expect(places).toEqual([0, 1, 1, 1, 2]);
    for (const uri of uris) expect(uri.length).toBeLessThan(1200);
  });

  it.each<[string, Partial<Parameters>, string[]]>([
    ['a period of 60 seconds', { period: 60 }, ['key.period_seconds']],
    ['7 digits', { digits: 7 }, ['key.digits']],
    ['both', { digits: 7, period: 15 }, ['key.period_seconds', 'key.digits']],
  ])('has no place for %s', (_, changes, fields) => {
    expect(fieldsOf(() => checkMigratable(usual(changes)))).toEqual(fields);
  });

  it('has no place for a HOTP without a counter, or a key without a name', () => {
    const hotp = usual({ type: 'hotp', period: 0 });
    expect(fieldsOf(() => checkMigratable(hotp))).toEqual(['key.counter']);
    expect(fieldsOf(() => checkMigratable({ ...usual({}), accountName: '' }))).toEqual(['account_name']);
  });
});

function usual(changes: Partial<Parameters>): KeyUri {
  return {
    secret: Buffer.from('12345678901234567890'),
    parameters: { type: 'totp', algorithm: 'SHA1', digits: 6, period: 30, ...changes },
    counter: undefined,
    issuer: 'ACME',
    accountName: 'alice@example.com',
  };
}

describe('names that are made to fit', () => {
  it('can be written, for any content', () => {
    const anything = fc.string({ unit: 'binary', maxLength: 600 });
    fc.assert(
      fc.property(anything, anything, (issuer, accountName) => {
        const label = fitLabel({ issuer, accountName });
        formatUri({ ...usual({}), ...label });
        expect(fitLabel(label)).toEqual(label);
      }),
    );
  });

  it('are cut between characters', () => {
    expect(fitLabel({ issuer: '€'.repeat(50), accountName: 'é'.repeat(200) })).toEqual({
      issuer: '€'.repeat(42),
      accountName: 'é'.repeat(128),
    });
  });
});
