/** All refusals of the TypeScript client. test/clients has the refusals that it shares with the other languages. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type ConnectOptions, connect, type OtpClient } from '../../clients/typescript/src/index.ts';
import { makeAuthority, readPair } from '../support/certificates.ts';

const ADDRESS = '127.0.0.1:1';
const API_KEY = 'otpd_key_that_no_error_shows';
const folder = mkdtempSync(join(tmpdir(), 'otpd-refusals-'));
const [ours, theirs] = ['ours', 'theirs'].map((name) => readPair(makeAuthority(folder, name)));
if (ours === undefined || theirs === undefined) throw new Error('no certificates');
afterAll(() => rmSync(folder, { recursive: true }));

/** Returns the refusal of `connect`, a TypeError. */
function refusal(options: ConnectOptions, address: unknown = ADDRESS, apiKey: unknown = API_KEY): string {
  try {
    connect(address as string, apiKey as string, options).close();
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    throw error;
  }
  return 'not refused';
}

describe('an address', () => {
  test.each([null, 5, '', ' ', 'a b:1', 'https://a', 'HTTP://a:1', 'grpc://', 'a', '[::1]', 'dns:///a'])(
    'that is invalid: %j',
    (address) => {
      expect(refusal({ plaintext: true }, address)).toMatch(/^address must be host:port/);
    },
  );

  test.each(['a:1', '[::1]:1', 'dns:///a:1', 'unix:/run/otpd.sock'])('but not %j', (address) => {
    expect(refusal({ plaintext: true }, address)).toBe('not refused');
  });
});

test.each([null, 5, '', ' ', `${API_KEY}\n`, `${API_KEY}é`])('the API key %j, without repeating it', (apiKey) => {
  const message = refusal({ plaintext: true }, ADDRESS, apiKey);
  expect(message).toMatch(/^apiKey must be an API key/);
  expect(message).not.toContain(API_KEY);
});

describe('a deadline', () => {
  const unusable = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -1, 86_400_001, 1e15, '5000'] as number[];

  test.each(unusable)('of %j ms for all calls', (deadlineMs) => {
    expect(refusal({ plaintext: true, deadlineMs })).toMatch(/^deadlineMs must be above 0 and at most 86400000/);
  });

  test.each(unusable)('of %j ms for one call, which fails as any other', async (deadlineMs) => {
    using client = connect(ADDRESS, API_KEY, { plaintext: true });
    const calls: readonly ((client: OtpClient) => Promise<unknown>)[] = [
      ({ generate }) => generate({}, { deadlineMs }),
      ({ token }) => token({}, { deadlineMs }),
      ({ verify }) => verify({}, { deadlineMs }),
      ({ watchToken }) => watchToken({}, { deadlineMs }).next(),
    ];
    for (const call of calls) await expect(call(client)).rejects.toThrow(/^deadlineMs must be/);
  });

  test.each([Number.MIN_VALUE, 86_400_000])('but not of %j ms', (deadlineMs) => {
    expect(refusal({ plaintext: true, deadlineMs })).toBe('not refused');
  });
});

describe('certificates', () => {
  const bundle = Buffer.concat([ours.cert, Buffer.from('# those of others ©\n'), theirs.cert]);
  const garbled = ours.cert.toString().replace('MII', 'AII');

  test.each<[string, ConnectOptions]>([
    ['that are none', { ca: 'nonsense' }],
    ['that are empty', { ca: '' }],
    ['that are a private key', { ca: ours.key }],
    ['of which one cannot be read', { ca: `${theirs.cert}${garbled}` }],
  ])('%s', (_, options) => {
    expect(refusal(options)).toMatch(/^ca must be certificates in PEM/);
  });

  test('but not several, with words between them', () => {
    expect(refusal({ ca: bundle })).toBe('not refused');
    expect(refusal({ ca: bundle.toString(), ...ours })).toBe('not refused');
  });

  test.each<[string, ConnectOptions, string]>([
    ['no certificate', { cert: 'x', key: ours.key }, 'cert must be certificates'],
    ['no private key', { cert: ours.cert, key: 'x' }, 'key must be a private key'],
    ['a certificate without its key', { cert: ours.cert }, 'cert and key go together'],
    ['a key without its certificate', { key: ours.key }, 'cert and key go together'],
    ['the key of another certificate', { cert: ours.cert, key: theirs.key }, 'key is not that of cert'],
  ])('for mutual TLS: %s', (_, options, message) => {
    expect(refusal(options)).toContain(message);
  });

  test.each(['ca', 'cert', 'key'])('together with plaintext: %s', (option) => {
    for (const pem of ['', readFileSync(join(folder, 'ours.crt'))]) {
      expect(refusal({ plaintext: true, [option]: pem })).toMatch(/^plaintext goes with no certificates.*\bca, cert and key$/);
    }
  });
});
