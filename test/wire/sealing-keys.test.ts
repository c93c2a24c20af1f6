/** The ring of sealing keys on real servers: blobs of another implementation, and a rotation by the operator's commands beside two servers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { formatRing, readRingFile, ringFile } from '../../src/app/ring-file.ts';
import { hotpCode } from '../../src/otp/hotp.ts';
import { stepAt } from '../../src/otp/totp.ts';
import { readKeyPayload } from '../../src/sealing/key-payload.ts';
import { createKey } from '../../src/sealing/ring.ts';
import { otpd } from '../cli/harness.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { enrol, sealedKey, verify } from '../support/enrolment.ts';
import { expectError } from '../support/expect-error.ts';
import { startServer, type TestServer } from '../support/server.ts';
import vectors from '../vectors/sealed-keys.json' with { type: 'json' };

const folder = mkdtempSync(join(tmpdir(), 'otpd-sealing-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));
/** Later than all times in the vectors. */
const NOW = Date.parse('2027-01-31T12:00:00Z');
const idOf = (blob: string) => Buffer.from(blob.slice(6), 'base64url').toString('hex', 0, 4);

describe('blobs that another implementation has made', () => {
  const file = join(folder, 'ring');
  // Pending keys give no code.
  const keys = vectors.filter(
    ({ format, payload }) => format === 'otpk1' && !readKeyPayload(Buffer.from(payload, 'hex')).pendingUntil,
  );
  let server: TestServer;
  beforeAll(async () => {
    const distinct = [...new Set(vectors.map(({ key }) => key))];
    writeFileSync(file, formatRing(distinct.map((key) => createKey(Buffer.from(key, 'hex'), 0, 0))), { mode: 0o600 });
    server = await startServer({ clock: () => NOW, flags: { sealingKeys: file } });
  });
  afterAll(() => server.close());

  test.each(keys)('return their code: $name', async (vector) => {
    const { secret, parameters, counter } = readKeyPayload(Buffer.from(vector.payload, 'hex'));
    const client = createTestClient(server.address, await server.createKey({ tenant: vector.tenant }));
    const { response, code } = await client.call(methods.token, {
      key: sealedKey(vector.blob, Buffer.from(vector.context, 'hex')),
    });
    expect(code).toBe('OK');
    expect(response?.token?.code).toBe(hotpCode(secret, counter ?? stepAt(NOW, parameters.period), parameters));
    const other = createTestClient(server.address, await server.createKey({ tenant: 'another' }));
    const refused = await other.call(methods.token, { key: sealedKey(vector.blob, Buffer.from(vector.context, 'hex')) });
    expectError(refused, 'INVALID_ARGUMENT', 'SEALED_KEY_INVALID');
    client.close();
    other.close();
  });
});

describe('two servers on one database, while the operator rotates', () => {
  const dataDir = join(folder, 'data');
  const START = Date.now();
  let now = START;
  let servers: TestServer[] = [];
  let clients: TestClient[] = [];

  async function start(count: number): Promise<void> {
    servers = [];
    for (let place = 0; place < count; place += 1) servers.push(await startServer({ dataDir, clock: () => now }));
    clients = servers.map(({ address, apiKey }) => createTestClient(address, apiKey));
  }
  async function stop(): Promise<void> {
    for (const client of clients) client.close();
    for (const server of servers) await server.close();
  }
  beforeAll(() => start(2));
  afterAll(stop);
  afterEach(() => {
    now += 120_000;
  });

  const run = (...args: string[]) => otpd(['sealing-keys', ...args, '--json'], { env: { OTPD_DATA_DIR: dataDir } });
  const followed = (times: number) =>
    expect
      .poll(() => servers.map(({ log }) => log.filter((line) => line.includes('"sealing keys read again"')).length), {
        timeout: 10_000,
      })
      .toEqual(servers.map(() => times));
  const [first, second] = [() => clients[0] as TestClient, () => clients[1] as TestClient];

  test('a new key opens everywhere before it seals anywhere, and a retired one opens nothing', async () => {
    const [oldest] = readRingFile(ringFile(dataDir), 'x');
    const { blob, device } = await enrol(first(), now, 'u');
    expect(idOf(blob)).toBe(oldest?.id);
    expect((await run('add')).code).toBe(0);
    await followed(1);
    const newest = readRingFile(ringFile(dataDir), 'x').at(-1);

    const early = await enrol(second(), now, 'v');
    expect(idOf(early.blob)).toBe(oldest?.id);
    now = START + 610_000;
    const late = await enrol(second(), now, 'w');
    expect(idOf(late.blob)).toBe(newest?.id);
    now += 60_000;
    expect((await verify(first(), sealedKey(late.blob, 'w'), late.device.code(now))).response?.valid).toBe(true);
    const { response } = await verify(second(), sealedKey(blob, 'u'), device.code(now));
    expect(idOf(response?.resealed?.blob ?? '')).toBe(newest?.id);

    // By the operator's clock, the new key does not seal yet.
    expect((await run('retire', oldest?.id ?? '')).err).toContain('is the key that seals');
    expect((await run('add', '--now')).code).toBe(0);
    await stop();
    await start(2);
    const kept = JSON.parse((await run('list')).out.split('\n')[0] ?? '');
    expect(kept).toMatchObject({ id: oldest?.id, state: 'opens', lastUsedDate: new Date(now).toISOString().slice(0, 10) });
    expect((await run('retire', oldest?.id ?? '')).err).toContain('would never open again');
    now += 60_000;
    expect((await verify(first(), sealedKey(early.blob, 'v'), early.device.code(now))).response?.valid).toBe(true);

    expect((await run('retire', oldest?.id ?? '', '--force')).code).toBe(0);
    await followed(1);
    now += 60_000;
    for (const client of clients)
      expectError(
        await verify(client, sealedKey(early.blob, 'v'), early.device.code(now)),
        'INVALID_ARGUMENT',
        'SEALED_KEY_INVALID',
      );
    const resealed = response?.resealed?.blob ?? '';
    expect((await verify(first(), sealedKey(resealed, 'u'), device.code(now))).response?.valid).toBe(true);
  });

  test('an instance with another file names the key that it lacks', async () => {
    const { blob, device } = await enrol(first(), now, 'x');
    const other = join(folder, 'other');
    writeFileSync(other, formatRing([createKey(Buffer.alloc(32, 9), 0, 0)]));
    const stranger = await startServer({ dataDir, clock: () => now, flags: { sealingKeys: other } });
    const client = createTestClient(stranger.address, stranger.apiKey);
    const refused = await verify(client, sealedKey(blob, 'x'), device.code(now));
    expectError(refused, 'FAILED_PRECONDITION', 'SEALING_KEY_UNKNOWN');
    expect(refused.details.errorInfo?.metadata).toMatchObject({ sealing_key: idOf(blob) });
    client.close();
    await stranger.close();
  });
});
