/** A secret with several names, over the wire and on each store: an accepted code is not accepted again under any name. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Algorithm, OtpType } from '../../gen/ts/otp/v1/key_pb.ts';
import { type VerifyResponse, VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { hotpCode } from '../../src/otp/hotp.ts';
import { formatSecret } from '../../src/otp/secret.ts';
import { stepAt } from '../../src/otp/totp.ts';
import { databaseFile } from '../../src/store/open.ts';
import { createFingerprints } from '../../src/verification/fingerprint.ts';
import type { VerifyInit } from '../chaos/keys.ts';
import { createOldDatabase } from '../store/old-database.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { onEachStore, type Start } from '../support/each-store.ts';
import { expectError } from '../support/expect-error.ts';
import { startServer, type TestServer } from '../support/server.ts';

const { ACCEPTED, MISMATCH, REPLAYED, THROTTLED } = VerifyStatus;
const UUID = '01234567-89ab-4cde-8f01-23456789abcd';
const DAY = 86_400_000;
/** In seconds: a long period, so that the codes of a test stay right while it runs. */
const LONG = 3600;

type KeyInit = NonNullable<VerifyInit['key']>;

function secretOf(bytes: Uint8Array): Pick<KeyInit, 'source'> {
  return { source: { case: 'secret', value: formatSecret(bytes) } };
}

function sixDigits(secret: Uint8Array, step: number, algorithm: 'SHA1' | 'SHA256' = 'SHA1'): string {
  return hotpCode(secret, step, { algorithm, digits: 6 });
}

/** Returns a code that belongs to no step from `step` - 110 to `step` + 110. */
function wrongFor(secret: Uint8Array, step: number): string {
  const right = new Set(Array.from({ length: 221 }, (_, place) => sixDigits(secret, Math.max(0, step - 110 + place))));
  return ['000000', '111111', '222222', '333333'].find((code) => !right.has(code)) ?? '444444';
}

function underManyNames(start: Start): void {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-names-'));
  const auditLog = join(folder, 'audit.log');
  let server: TestServer;
  let client: TestClient;
  let secret: Uint8Array;
  let step: number;
  let key: KeyInit;

  beforeAll(async () => {
    server = await start({ auditLog });
    client = createTestClient(server.address, server.apiKey);
  });
  beforeEach(() => {
    secret = randomBytes(20);
    step = stepAt(Date.now(), LONG);
    key = { ...secretOf(secret), periodSeconds: LONG };
  });
  afterAll(async () => {
    client?.close();
    await server?.close();
    rmSync(folder, { recursive: true });
  });

  const call = (request: VerifyInit) => client.call(methods.verify, request);
  const verify = async (request: VerifyInit): Promise<VerifyResponse> => {
    const { response, code } = await call(request);
    expect(code).toBe('OK');
    if (response === undefined) throw new Error('no answer');
    return response;
  };
  const statusOf = async (request: VerifyInit) => (await verify(request)).status;
  const hotp = (counter: number): KeyInit => ({ ...secretOf(secret), type: OtpType.HOTP, counter: BigInt(counter) });
  const uri = (text: string): KeyInit => ({ source: { case: 'uri', value: text } });

  test('a code accepted as TOTP is replayed as HOTP: at its counter, by look-ahead, and by URI', async () => {
    const code = sixDigits(secret, step);
    expect(await statusOf({ key, code })).toBe(ACCEPTED);
    expect(await verify({ key: hotp(step), code })).toMatchObject({ status: REPLAYED, valid: false, matchedStep: BigInt(step) });
    expect(await statusOf({ key: hotp(step - 50), code, lookAhead: 100 })).toBe(REPLAYED);
    const hotpUri = `otpauth://hotp/a?secret=${formatSecret(secret)}&counter=${step}`;
    expect(await statusOf({ key: uri(hotpUri), code })).toBe(REPLAYED);
    expect(await statusOf({ key: hotp(step), code, allowReuse: true })).toBe(ACCEPTED);
    expect(await statusOf({ key: hotp(step), code, allowReuse: true, afterStep: BigInt(step) })).toBe(REPLAYED);
    expect(await statusOf({ key, code })).toBe(REPLAYED);
    expect(await statusOf({ key: hotp(step + 1), code: sixDigits(secret, step + 1) })).toBe(ACCEPTED);
  });

  test('a code accepted as HOTP is replayed as TOTP', async () => {
    const code = sixDigits(secret, step);
    expect(await statusOf({ key: hotp(step), code })).toBe(ACCEPTED);
    expect(await statusOf({ key, code })).toBe(REPLAYED);
    const totpUri = `otpauth://totp/a?secret=${formatSecret(secret)}&period=${LONG}`;
    expect(await statusOf({ key: uri(totpUri), code })).toBe(REPLAYED);
  });

  test('of a hundred at once, under three names, one is accepted', async () => {
    const code = sixDigits(secret, step);
    const asked = Array.from({ length: 100 }, (_, place) => [{ key }, { key: hotp(step) }, { key: hotp(step - 9) }][place % 3]);
    const statuses = await Promise.all(asked.map((one) => statusOf({ ...one, code })));
    expect(statuses.filter((status) => status === ACCEPTED)).toHaveLength(1);
    expect(statuses.filter((status) => status === REPLAYED)).toHaveLength(99);
  });

  test('there are five guesses in all, and then the right code is throttled under each name', async () => {
    const wrong = wrongFor(secret, step);
    const names: VerifyInit[] = [
      { key },
      { key: hotp(step) },
      { key: { ...key, periodSeconds: 30 } },
      { key: { ...key, algorithm: Algorithm.SHA256 } },
      { key: { ...key, algorithm: Algorithm.SHA512, digits: 8 } },
    ];
    const statuses = [];
    for (const [place, name] of names.entries())
      statuses.push(await statusOf({ ...name, code: place === 4 ? `${wrong}00` : wrong }));
    expect(statuses).toEqual(Array(5).fill(MISMATCH));
    for (const name of names.slice(0, 2)) expect(await statusOf({ ...name, code: sixDigits(secret, step) })).toBe(THROTTLED);
    expect(await statusOf({ ...names[3], code: sixDigits(secret, step, 'SHA256') })).toBe(THROTTLED);
  });

  test('a new length or hash of the same step is replayed until the next step', async () => {
    expect(await statusOf({ key, code: sixDigits(secret, step) })).toBe(ACCEPTED);
    const eight = { key: { ...key, digits: 8 }, code: hotpCode(secret, step, { algorithm: 'SHA1', digits: 8 }) };
    expect(await statusOf(eight)).toBe(REPLAYED);
    const sha256 = { ...key, algorithm: Algorithm.SHA256 };
    expect(await statusOf({ key: sha256, code: sixDigits(secret, step, 'SHA256') })).toBe(REPLAYED);
    expect(await statusOf({ key: sha256, code: sixDigits(secret, step + 1, 'SHA256') })).toBe(ACCEPTED);
  });

  test('a user who enrols the secret again with another period or as HOTP is accepted', async () => {
    expect(await statusOf({ key, code: sixDigits(secret, step) })).toBe(ACCEPTED);
    const half = stepAt(Date.now(), LONG / 2);
    expect(await statusOf({ key: { ...key, periodSeconds: LONG / 2 }, code: sixDigits(secret, half) })).toBe(ACCEPTED);
    expect(await verify({ key: hotp(0), code: sixDigits(secret, 0) })).toMatchObject({ status: ACCEPTED, nextCounter: 1n });
    expect(await statusOf({ key: hotp(0), code: sixDigits(secret, 0) })).toBe(REPLAYED);
  });

  test('a fifth name is not accepted, and the audit trail says why', async () => {
    const periods = [600, 900, 1200, 1800, 2400];
    const statuses = [];
    for (const period of periods) {
      const code = sixDigits(secret, stepAt(Date.now(), period));
      statuses.push(await statusOf({ key: { ...key, periodSeconds: period }, code }));
    }
    expect(statuses).toEqual([ACCEPTED, ACCEPTED, ACCEPTED, ACCEPTED, REPLAYED]);
    const events = readFileSync(auditLog, 'utf8').trim().split('\n').slice(-5);
    expect(events.map((line) => JSON.parse(line).event)).toEqual([...Array(4).fill('verify.accepted'), 'verify.too_many_names']);
    expect(JSON.parse(events[4] ?? '')).toMatchObject({ step: expect.any(Number), fingerprint: expect.any(String) });
  });

  test('a request id belongs to a secret: with another it is new, with the same one anything else is refused', async () => {
    const code = sixDigits(secret, step);
    const first = { key, code, requestId: UUID };
    expect(await statusOf(first)).toBe(ACCEPTED);
    const other = randomBytes(20);
    const others = { key: { ...secretOf(other), periodSeconds: LONG }, code: wrongFor(other, step), requestId: UUID };
    for (let sent = 0; sent < 2; sent += 1)
      expect(await verify(others)).toMatchObject({ status: MISMATCH, attemptsRemaining: 4 });
    expect(await statusOf(first)).toBe(ACCEPTED);
    for (const changed of [
      { ...first, key: hotp(step) },
      { ...first, key: hotp(step - 1) },
      { ...first, key: { ...key, periodSeconds: 30 } },
      { ...first, key: { ...key, algorithm: Algorithm.SHA256 } },
      { ...first, key: { ...key, digits: 8 }, code: `00${code}` },
      { ...first, allowReuse: true },
    ])
      expectError(await call(changed), 'INVALID_ARGUMENT', 'REQUEST_ID_REUSED');
  });
}

onEachStore('names', underManyNames);

describe('a server on the database of an earlier version', () => {
  test('replays used codes, continues to count, and accepts the next code', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'otpd-upgrade-'));
    const [fingerprintKey, totp, hotp] = [randomBytes(32), randomBytes(20), randomBytes(20)];
    writeFileSync(join(dataDir, 'fingerprint.key'), fingerprintKey.toString('hex'), { mode: 0o600 });
    const { ofKey, identity } = createFingerprints(fingerprintKey);
    const step = stepAt(Date.now(), LONG);
    const database = createOldDatabase(databaseFile(dataDir), 3);
    database.prepare("INSERT INTO meta VALUES ('fingerprint_key', ?)").run(identity);
    const insert = database.prepare(
      'INSERT INTO otp_state (name, last_step, failures, locked_until, expires_at) VALUES (?, ?, ?, 0, ?)',
    );
    insert.run(ofKey(totp, { type: 'totp', algorithm: 'SHA256', period: LONG }), step, 0, Date.now() + DAY);
    insert.run(ofKey(hotp, { type: 'hotp', algorithm: 'SHA1', period: 0 }), 57, 3, null);
    database.close();

    const server = await startServer({ dataDir });
    const client = createTestClient(server.address, server.apiKey);
    const verify = async (request: VerifyInit) => (await client.call(methods.verify, request)).response;
    const key = { ...secretOf(totp), periodSeconds: LONG, algorithm: Algorithm.SHA256 };
    expect(await verify({ key, code: sixDigits(totp, step, 'SHA256') })).toMatchObject({ status: REPLAYED });
    expect(await verify({ key, code: sixDigits(totp, step + 1, 'SHA256') })).toMatchObject({ status: ACCEPTED });
    const counter = { ...secretOf(hotp), type: OtpType.HOTP, counter: 50n };
    expect(await verify({ key: counter, code: wrongFor(hotp, 55) })).toMatchObject({ status: MISMATCH, attemptsRemaining: 1 });
    expect(await verify({ key: counter, code: sixDigits(hotp, 57) })).toMatchObject({ status: REPLAYED, attemptsRemaining: 1 });
    expect(await verify({ key: counter, code: sixDigits(hotp, 58) })).toMatchObject({ status: ACCEPTED, attemptsRemaining: 5 });
    client.close();
    await server.close();
    rmSync(dataDir, { recursive: true });
  });
});

describe('a server whose clock leaps', () => {
  test('lets no used code pass again, and makes no wait longer', async () => {
    let now = Date.now();
    const server = await startServer({ clock: () => now });
    const client = createTestClient(server.address, server.apiKey);
    const [one, other, guessed] = [randomBytes(20), randomBytes(20), randomBytes(20)];
    const status = async (secret: Uint8Array, code: string) =>
      (await client.call(methods.verify, { key: secretOf(secret), code })).response;
    const start = now;
    const code = sixDigits(one, stepAt(now, 30));
    expect(await status(one, code)).toMatchObject({ status: ACCEPTED });
    for (const days of [2, 29]) {
      now = start + days * DAY;
      expect(await status(other, sixDigits(other, stepAt(now, 30)))).toMatchObject({ status: ACCEPTED });
      now = start;
      expect(await status(one, code)).toMatchObject({ status: REPLAYED });
    }
    const wrong = wrongFor(guessed, stepAt(now, 30));
    for (let sent = 0; sent < 5; sent += 1) expect(await status(guessed, wrong)).toMatchObject({ status: MISMATCH });
    now -= DAY;
    expect(await status(guessed, wrong)).toMatchObject({ status: THROTTLED, retryAfter: { seconds: 60n } });
    now += 60_000;
    expect(await status(guessed, sixDigits(guessed, stepAt(now, 30)))).toMatchObject({ status: ACCEPTED });
    client.close();
    await server.close();
  });
});
