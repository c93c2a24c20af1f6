/** Recovery codes over the wire, on each store: scopes, tenants, the state after a restart, and what each caller is told. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RecoveryCodeSet, VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import type { Scope } from '../../src/ports/principal.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { onEachStore, type Start } from '../support/each-store.ts';
import { expectError } from '../support/expect-error.ts';
import { startServer, type TestServer } from '../support/server.ts';

const { ACCEPTED, MISMATCH, REPLAYED, THROTTLED } = VerifyStatus;
const UUID = '01234567-89ab-4cde-8f01-23456789abcd';
const CONTEXT = Buffer.from('user-1/recovery/1');

function overTheWire(start: Start): void {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-recovery-'));
  const auditLog = join(folder, 'audit.log');
  let server: TestServer;
  let client: TestClient;

  beforeAll(async () => {
    server = await start({ auditLog });
    client = createTestClient(server.address, server.apiKey);
  });
  afterAll(async () => {
    client?.close();
    await server?.close();
    rmSync(folder, { recursive: true });
  });

  async function generate(apiKey = server.apiKey): Promise<{ codes: string[]; set: Pick<RecoveryCodeSet, 'blob' | 'context'> }> {
    const { response } = await client.call(methods.generateRecoveryCodes, { sealedContext: CONTEXT }, { apiKey });
    if (response?.set === undefined) throw new Error('no set');
    expect(response.set.context).toHaveLength(0);
    return { codes: response.codes, set: { blob: response.set.blob, context: CONTEXT } };
  }

  const verify = async (set: Pick<RecoveryCodeSet, 'blob' | 'context'>, code = '', requestId = '') =>
    (await client.call(methods.verifyRecoveryCode, { set, code, requestId })).response;

  test('of a code that is sent a hundred times at once, one is accepted', async () => {
    const { codes, set } = await generate();
    const answers = await Promise.all(Array.from({ length: 100 }, () => verify(set, codes[0])));
    expect(answers.filter((answer) => answer?.status === ACCEPTED)).toHaveLength(1);
    expect(answers.filter((answer) => answer?.status === REPLAYED)).toHaveLength(99);
    for (const answer of answers) expect(answer?.remainingCount).toBe(9);
  });

  test('five wrong codes lock the set, and no other', async () => {
    const [one, other] = [await generate(), await generate()];
    const wrong = await Promise.all(Array.from({ length: 10 }, () => verify(one.set, '0000-0000-0000-0000')));
    expect(wrong.filter((answer) => answer?.status === MISMATCH)).toHaveLength(5);
    expect(await verify(one.set, one.codes[0])).toMatchObject({ valid: false, status: THROTTLED, retryAfter: {} });
    expect(await verify(other.set, other.codes[0])).toMatchObject({ status: ACCEPTED });
  });

  test('a retry under its request id gets its first answer', async () => {
    const { codes, set } = await generate();
    const first = await verify(set, codes[0], UUID);
    expect(first).toMatchObject({ status: ACCEPTED, remainingCount: 9 });
    expect(await verify(set, codes[0], UUID)).toEqual(first);
    const reused = await client.call(methods.verifyRecoveryCode, { set, code: codes[1] ?? '', requestId: UUID });
    expectError(reused, 'INVALID_ARGUMENT', 'REQUEST_ID_REUSED');
  });

  test('a set that Rewrap has resealed is the same set', async () => {
    const { codes, set } = await generate();
    await verify(set, codes[0]);
    const item = { case: 'set', value: set } as const;
    const { response } = await client.call(methods.rewrap, { items: [{ item }] });
    const [{ result } = { result: undefined }] = response?.results ?? [];
    const anew = { blob: result?.case === 'set' ? result.value.blob : '', context: CONTEXT };
    expect(anew.blob).not.toBe(set.blob);
    expect(await verify(anew, codes[0])).toMatchObject({ status: REPLAYED, remainingCount: 9 });
    await client.call(methods.revokeRecoveryCodes, { set: anew });
    for (const one of [set, anew]) expect(await verify(one, codes[1])).toMatchObject({ status: REPLAYED, remainingCount: 0 });
  });

  test.each<[keyof typeof methods, Scope]>([
    ['generateRecoveryCodes', 'generate'],
    ['verifyRecoveryCode', 'verify'],
    ['revokeRecoveryCodes', 'generate'],
  ])('%s needs the scope %s, and no other', async (name, scope) => {
    const { codes, set } = await generate();
    const request = { set, ...(name === 'verifyRecoveryCode' && { code: codes[0] ?? '' }) };
    const call = async (scopes: readonly Scope[]) =>
      client.call(methods[name], name === 'generateRecoveryCodes' ? {} : request, { apiKey: await server.createKey({ scopes }) });
    const others = (['generate', 'token', 'verify', 'seal', 'export'] as const).filter((one) => one !== scope);
    const refused = await call(others);
    expectError(refused, 'PERMISSION_DENIED', 'SCOPE_MISSING');
    expect(refused.details.errorInfo?.metadata).toEqual({ scope });
    expect((await call([scope])).code).toBe('OK');
  });

  test('a set opens for the keys of its tenant alone', async () => {
    const [acme, second] = [await server.createKey({ tenant: 'acme' }), await server.createKey({ tenant: 'acme' })];
    const { codes, set } = await generate(acme);
    const send = (apiKey: string) => client.call(methods.verifyRecoveryCode, { set, code: codes[0] ?? '' }, { apiKey });
    const refused = await send(server.apiKey);
    expectError(refused, 'INVALID_ARGUMENT', 'SEALED_KEY_INVALID');
    expect(refused.details.errorInfo?.metadata).toEqual({ field: 'set' });
    expect((await send(second)).response).toMatchObject({ status: ACCEPTED });
  });

  test('nothing that was sent or made is in an error, the log or the audit trail', async () => {
    const { codes, set } = await generate();
    await verify(set, codes[0]);
    await client.call(methods.revokeRecoveryCodes, { set });
    const changed = { ...set, blob: `${set.blob.slice(0, -1)}${set.blob.endsWith('A') ? 'Q' : 'A'}` };
    const { message, details } = await client.call(methods.verifyRecoveryCode, { set: changed, code: codes[1] ?? '' });
    const told = [message, JSON.stringify(details.errorInfo?.metadata), ...server.log, readFileSync(auditLog, 'utf8')].join('\n');
    expect(told).toContain('recovery.revoked');
    for (const text of [...codes, ...codes.map((code) => code.replaceAll('-', '')), set.blob.slice(6, 40), 'user-1'])
      expect(told).not.toContain(text);
  });
}

onEachStore('recovery codes', overTheWire);

describe('recovery codes with SQLite', () => {
  test('stay used and revoked when the server is restarted, and are wrong under another fingerprint key', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'otpd-restart-'));
    const run = async <T>(use: (client: TestClient) => Promise<T>): Promise<T> => {
      const server = await startServer({ dataDir });
      const client = createTestClient(server.address, server.apiKey);
      try {
        return await use(client);
      } finally {
        client.close();
        await server.close();
      }
    };
    const [used, revoked, fresh] = await run(async (client) => {
      const made = [];
      for (let set = 0; set < 3; set += 1) {
        const { response } = await client.call(methods.generateRecoveryCodes, {});
        made.push({ set: { blob: response?.set?.blob ?? '' }, code: response?.codes[0] ?? '' });
      }
      await client.call(methods.verifyRecoveryCode, made[0] ?? {});
      await client.call(methods.revokeRecoveryCodes, { set: made[1]?.set ?? {} });
      return made;
    });
    const statusOf = async (client: TestClient, of: typeof used) =>
      (await client.call(methods.verifyRecoveryCode, of ?? {})).response?.status;
    expect(await run(async (client) => [await statusOf(client, used), await statusOf(client, revoked)])).toEqual([
      REPLAYED,
      REPLAYED,
    ]);
    // Without the fingerprint key the used marks are lost, so such a server starts on an empty store.
    rmSync(join(dataDir, 'otpd.db'));
    writeFileSync(join(dataDir, 'fingerprint.key'), 'ab'.repeat(32));
    expect(await run(async (client) => [await statusOf(client, used), await statusOf(client, fresh)])).toEqual([
      MISMATCH,
      MISMATCH,
    ]);
    rmSync(dataDir, { recursive: true });
  });
});
