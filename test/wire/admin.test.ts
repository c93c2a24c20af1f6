/** The administration over the wire, on each store: every call, its refusals, and its safeguards. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AdminService, type GetAttemptsRequestSchema, SealingKey_State } from '../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { issueApiKey } from '../../src/auth/api-key.ts';
import { SCOPES } from '../../src/ports/principal.ts';
import { allKeys } from '../support/all-keys.ts';
import { auditedIn } from '../support/audit-lines.ts';
import { type CallOptions, createTestClient, methods as otp, type TestClient } from '../support/client.ts';
import { onEachStore, type Start } from '../support/each-store.ts';
import { expectError } from '../support/expect-error.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { redisSuite, startRedis } from '../support/redis.ts';
import { startServer, type TestServer } from '../support/server.ts';

const { method } = AdminService;
const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
/** An API key to make. */
interface NewKey {
  readonly displayName?: string;
  readonly plan?: string;
  readonly tenant?: string;
  readonly scopes?: string[];
  readonly expireTime?: { readonly seconds: bigint; readonly nanos?: number };
}

const CALLER: NewKey = { displayName: 'shop', plan: 'plans/unlimited', scopes: ['token'] };
const HOUR = { seconds: 3600n };
const DAY_MS = 86_400_000;

function overTheWire(start: Start): void {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-admin-'));
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

  async function make(apiKey: NewKey = {}) {
    const { response, message } = await client.call(method.createApiKey, { apiKey: { ...CALLER, ...apiKey } });
    if (response?.apiKey === undefined) throw new Error(message);
    return { secret: response.secret, key: response.apiKey, name: response.apiKey.name };
  }

  const callWith = async (apiKey: string) => (await client.call(otp.token, { key }, { apiKey })).code;
  const audited = () => readFileSync(auditLog, 'utf8');
  const lastAudited = (event: string) => auditedIn(auditLog).findLast((line) => line['event'] === event);

  test('a new key has its scopes at once, and is read as it was made', async () => {
    const expireTime = { seconds: BigInt(Math.floor(Date.now() / 1000)) + 3600n };
    const { secret, key: made, name } = await make({ tenant: 'acme', expireTime });
    expect(await callWith(secret)).toBe('OK');
    expect(made).toMatchObject({ displayName: 'shop', plan: 'plans/unlimited', tenant: 'acme', scopes: ['token'] });
    expect(made.expireTime).toMatchObject(expireTime);
    expect(name).toBe(`apiKeys/${secret.slice(5, 17)}`);
    const { response } = await client.call(method.getApiKey, { name });
    expect({ ...response?.apiKey, lastUseTime: undefined }).toEqual({ ...made, lastUseTime: undefined });
    expect(lastAudited('key.created')).toMatchObject({ by: `key:${server.apiKey.slice(5, 17)}`, keyId: name.slice(8) });
    for (const text of [audited(), server.log.join()]) expect(text).not.toContain(secret.slice(18, 40));
  });

  test.each<[string, NewKey, string[]]>([
    ['nothing', {}, ['api_key.plan', 'api_key.display_name', 'api_key.scopes']],
    ['a name that cannot be shown', { ...CALLER, displayName: 'a\u202eb' }, ['api_key.display_name']],
    ['a plan that is not configured', { ...CALLER, plan: 'plans/none' }, ['api_key.plan']],
    ['a plan without its collection', { ...CALLER, plan: 'unlimited' }, ['api_key.plan']],
    ['a scope that is none', { ...CALLER, scopes: ['token', 'root'] }, ['api_key.scopes']],
    ['a tenant in capitals', { ...CALLER, tenant: 'ACME' }, ['api_key.tenant']],
    ['a moment that is over', { ...CALLER, expireTime: { seconds: 1n } }, ['api_key.expire_time']],
    ['a moment that is none', { ...CALLER, expireTime: { seconds: -1n, nanos: -1 } }, ['api_key.expire_time']],
    ['a moment after the last', { ...CALLER, expireTime: { seconds: 253_402_300_800n } }, ['api_key.expire_time']],
  ])('a key is refused with %s, and none is made', async (_, apiKey, fields) => {
    const before = (await allKeys(server.app.store.keys)).length;
    const answer = await client.call(method.createApiKey, { apiKey });
    expectError(answer, 'INVALID_ARGUMENT', 'INVALID_FIELDS');
    expect(answer.details.violations.map((text) => text.split(':')[0])).toEqual(fields);
    expect(await allKeys(server.app.store.keys)).toHaveLength(before);
  });

  test('a key is required', async () => {
    const answer = await client.call(method.createApiKey, {});
    expectError(answer, 'INVALID_ARGUMENT', 'INVALID_FIELDS');
    expect(answer.details.violations).toEqual([expect.stringMatching(/^api_key: required/)]);
  });

  test.each(AdminService.methods.map((one) => [one.name, one] as const))(
    '%s is refused to a key without the scope admin',
    async (_, one) => {
      const apiKey = await server.createKey({ scopes: SCOPES.filter((scope) => scope !== 'admin') });
      const answer = await client.call(one, {}, { apiKey });
      expectError(answer, 'PERMISSION_DENIED', 'SCOPE_MISSING');
      expect(answer.details.errorInfo?.metadata).toEqual({ scope: 'admin' });
    },
  );

  test.each([
    ['getApiKey', ''],
    ['rotateApiKey', 'apiKeys/'],
    ['revokeApiKey', 'apiKeys/0123456789ab/x'],
    ['getApiKey', '0123456789ab'],
    ['getApiKeyUsage', 'plans/free'],
  ] as const)('%s refuses the name %j', async (call, name) => {
    const answer = await client.call(method[call], { name });
    expectError(answer, 'INVALID_ARGUMENT', 'INVALID_FIELDS');
    expect(answer.details.violations).toEqual(['name: required: apiKeys/{id}, as ListApiKeys shows it']);
  });

  test.each(['getApiKey', 'rotateApiKey', 'revokeApiKey', 'getApiKeyUsage'] as const)(
    '%s does not find a key that is not there',
    async (call) => {
      const answer = await client.call(method[call], { name: 'apiKeys/0123456789ab' });
      expectError(answer, 'NOT_FOUND', 'API_KEY_NOT_FOUND');
      expect(answer.details.errorInfo?.metadata).toEqual({ name: 'apiKeys/0123456789ab' });
    },
  );

  test('a key that has changed since its etag was read is neither rotated nor revoked', async () => {
    const { key: made, secret, name } = await make();
    const rotated = await client.call(method.rotateApiKey, { name, grace: HOUR, etag: made.etag });
    expect(rotated.response?.apiKey?.etag).not.toBe(made.etag);
    for (const call of ['rotateApiKey', 'revokeApiKey'] as const)
      expectError(await client.call(method[call], { name, etag: made.etag }), 'ABORTED', 'ETAG_MISMATCH');
    expect(await callWith(secret)).toBe('OK');
    const { code } = await client.call(method.revokeApiKey, { name, etag: rotated.response?.apiKey?.etag ?? '' });
    expect(code).toBe('OK');
  });

  test('an etag is the same while a key is only used', async () => {
    const { secret, key: made, name } = await make();
    expect(await callWith(secret)).toBe('OK');
    await server.app.store.keys.touch(new Map([[name.slice(8), Date.now()]]));
    const { response } = await client.call(method.getApiKey, { name });
    expect(response?.apiKey?.etag).toBe(made.etag);
    expect(response?.apiKey?.lastUseTime).toBeDefined();
  });

  test('after rotations whose answers were lost, callers continue with their secret', async () => {
    const { secret, name } = await make();
    expect(await callWith(secret)).toBe('OK');
    const rotate = async () => (await client.call(method.rotateApiKey, { name, grace: HOUR })).response?.secret ?? '';
    const lost = [await rotate(), await rotate()];
    const last = await rotate();
    // Longer than a change takes to be seen.
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await callWith(secret)).toBe('OK');
    for (const one of lost) expect(await callWith(one)).toBe('UNAUTHENTICATED');
    expect(await callWith(last)).toBe('OK');
    // The secret is in use now: a further rotation keeps it, and the first secret ends.
    const next = await rotate();
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await callWith(last)).toBe('OK');
    expect(await callWith(next)).toBe('OK');
    expect(await callWith(secret)).toBe('UNAUTHENTICATED');
    expect(lastAudited('key.rotated')).toMatchObject({ by: `key:${server.apiKey.slice(5, 17)}`, keyId: name.slice(8) });
  });

  test('every event of a change has the request id of its call, and its door', async () => {
    const set = { case: 'recoverySetName', value: 'F_5D0T0b8mixRHbABylO5A' } as const;
    const secret = { case: 'key', value: key } as const;
    const { name } = await make();
    const changes: readonly (readonly [event: string, change: (options: CallOptions) => Promise<{ code: string }>])[] = [
      ['key.created', (options) => client.call(method.createApiKey, { apiKey: CALLER }, options)],
      ['key.rotated', (options) => client.call(method.rotateApiKey, { name, grace: HOUR }, options)],
      ['key.revoked', (options) => client.call(method.revokeApiKey, { name }, options)],
      ['attempts.unlocked', (options) => client.call(method.unlockAttempts, { subject: secret }, options)],
      ['recovery.unlocked', (options) => client.call(method.unlockAttempts, { subject: set }, options)],
    ];
    for (const [event, change] of changes) {
      expect((await change({ metadata: { 'x-request-id': `of-${event}` } })).code).toBe('OK');
      expect(lastAudited(event)).toMatchObject({ requestId: `of-${event}`, transport: 'grpc' });
    }
  });

  test.each([
    ['-1 s', { seconds: -1n }],
    ['366 days', { seconds: 366n * 86_400n }],
  ])('a grace of %s is refused', async (_, grace) => {
    const { name } = await make();
    const answer = await client.call(method.rotateApiKey, { name, grace });
    expectError(answer, 'INVALID_ARGUMENT', 'INVALID_FIELDS');
    expect(answer.details.violations).toEqual(['grace: must be 0 to 365 days']);
  });

  test('a revoked key is refused within a second, stays revoked, and is not rotated', async () => {
    const { secret, name } = await make();
    expect(await callWith(secret)).toBe('OK');
    const { response } = await client.call(method.revokeApiKey, { name });
    expect(response?.apiKey?.revokeTime).toBeDefined();
    await expect.poll(() => callWith(secret), { timeout: 2000 }).toBe('UNAUTHENTICATED');
    expect((await client.call(method.revokeApiKey, { name })).response?.apiKey).toEqual(response?.apiKey);
    const rotated = await client.call(method.rotateApiKey, { name });
    expect(rotated.details.violations).toEqual(['name: names an API key that is revoked; create a new one instead']);
  });

  test('of two admin keys that revoke each other at once, one stays', async () => {
    const own = (name: string, options: CallOptions) => client.call(method.revokeApiKey, { name }, options);
    const admins = (await allKeys(server.app.store.keys)).filter(({ scopes }) => scopes.includes('admin'));
    const [one, other] = [await make({ scopes: ['admin'] }), await make({ scopes: ['admin'] })];
    for (const { id } of admins) expect((await own(`apiKeys/${id}`, { apiKey: one.secret })).code).toBe('OK');
    // Both keys are known then, so that neither call waits for a look-up.
    for (const { secret } of [one, other]) await client.call(method.listPlans, {}, { apiKey: secret });
    const answers = await Promise.all([own(one.name, { apiKey: other.secret }), own(other.name, { apiKey: one.secret })]);
    expect(answers.map(({ code }) => code).sort()).toEqual(['FAILED_PRECONDITION', 'OK']);
    const refused = answers.find(({ code }) => code !== 'OK');
    if (refused !== undefined) expectError(refused, 'FAILED_PRECONDITION', 'LAST_ADMIN_KEY');
    const left = answers[0]?.code === 'OK' ? other : one;
    expect(refused?.details.errorInfo?.metadata).toEqual({ name: left.name });
    // Without a grace period, the only secret would be in an answer that may be lost.
    const rotate = (grace?: { seconds: bigint }) =>
      client.call(method.rotateApiKey, { name: left.name, ...(grace && { grace }) }, { apiKey: left.secret });
    expectError(await rotate(), 'FAILED_PRECONDITION', 'LAST_ADMIN_KEY');
    expect((await rotate(HOUR)).code).toBe('OK');
    // Other keys need no other administrator.
    const caller = await client.call(method.createApiKey, { apiKey: CALLER }, { apiKey: left.secret });
    expect((await own(caller.response?.apiKey?.name ?? '', { apiKey: left.secret })).code).toBe('OK');
    client.close();
    client = createTestClient(server.address, await server.createKey());
  });

  test('an expiring admin key does not count as remaining', async () => {
    const { keys } = server.app.store;
    const admins = (await allKeys(keys)).filter(({ scopes, revokedAt }) => scopes.includes('admin') && revokedAt === undefined);
    const soon = Date.now() + 300;
    const [ending, last] = [await server.createKey({ scopes: ['admin'], expiresAt: soon }), await server.createKey()];
    await new Promise((resolve) => setTimeout(resolve, 400));
    for (const { id } of admins) await client.call(method.revokeApiKey, { name: `apiKeys/${id}` }, { apiKey: last });
    const own = await client.call(method.revokeApiKey, { name: `apiKeys/${last.slice(5, 17)}` }, { apiKey: last });
    expectError(own, 'FAILED_PRECONDITION', 'LAST_ADMIN_KEY');
    expect((await client.call(method.revokeApiKey, { name: `apiKeys/${ending.slice(5, 17)}` }, { apiKey: last })).code).toBe(
      'OK',
    );
    client.close();
    client = createTestClient(server.address, last);
  });

  test('a list goes through all keys once, in pages, and shows ended ones only if asked', async () => {
    const made = [await make(), await make(), await make()];
    await client.call(method.revokeApiKey, { name: made[1]?.name ?? '' });
    const list = async (showInactive: boolean) => {
      const names: string[] = [];
      let pageToken = '';
      do {
        const { response } = await client.call(method.listApiKeys, { pageSize: 2, pageToken, showInactive });
        expect(response?.apiKeys.length).toBeLessThanOrEqual(2);
        names.push(...(response?.apiKeys ?? []).map(({ name }) => name));
        pageToken = response?.nextPageToken ?? '';
      } while (pageToken !== '');
      return names;
    };
    const stored = await allKeys(server.app.store.keys);
    expect(await list(true)).toEqual(stored.map(({ id }) => `apiKeys/${id}`));
    const active = stored.filter(({ revokedAt, expiresAt = Infinity }) => revokedAt === undefined && expiresAt > Date.now());
    expect(await list(false)).toEqual(active.map(({ id }) => `apiKeys/${id}`));
  });

  test('a page token is good for the same list alone', async () => {
    await Promise.all([make(), make()]);
    const { response } = await client.call(method.listApiKeys, { pageSize: 1 });
    const token = response?.nextPageToken ?? '';
    expect(token).toMatch(/^[\w-]{40,}$/);
    const changed = `${token.slice(0, 20)}${token[20] === 'A' ? 'B' : 'A'}${token.slice(21)}`;
    for (const request of [
      { pageSize: 2, pageToken: token },
      { pageSize: 1, pageToken: token, showInactive: true },
      { pageSize: 1, pageToken: changed },
      { pageSize: 1, pageToken: `${token}A` },
      { pageSize: 1, pageToken: 'x'.repeat(4000) },
      { pageSize: 1, pageToken: Buffer.from('0 000000000000').toString('base64url') },
    ]) {
      const answer = await client.call(method.listApiKeys, request);
      expectError(answer, 'INVALID_ARGUMENT', 'INVALID_FIELDS');
      expect(answer.details.violations).toEqual([expect.stringMatching(/^page_token: must be next_page_token of an answer/)]);
    }
    expect((await client.call(method.listApiKeys, { pageSize: 1, pageToken: token })).code).toBe('OK');
  });

  test('a page size is taken for 1000 above that, and refused below zero', async () => {
    const [large, larger] = [1000, 2_000_000_000];
    const answers = await Promise.all([large, larger].map((pageSize) => client.call(method.listApiKeys, { pageSize })));
    expect(answers[1]?.response?.apiKeys).toEqual(answers[0]?.response?.apiKeys);
    const answer = await client.call(method.listApiKeys, { pageSize: -1 });
    expect(answer.details.violations).toEqual(['page_size: must not be negative: leave it unset for 100']);
  });

  test('plans are listed as they are configured', async () => {
    const { response } = await client.call(method.listPlans, {});
    expect(response?.plans.map(({ name }) => name)).toEqual(['plans/free', 'plans/pro', 'plans/ultra', 'plans/unlimited']);
    expect(response?.plans[0]).toMatchObject({ minuteLimit: 5n, hourLimit: 100n, streamLimit: 100 });
    expect(response?.plans[0]?.dayLimit).toBeUndefined();
    expect(response?.plans[3]?.minuteLimit).toBeUndefined();
  });

  test('the usage of a key contains only its own calls', async () => {
    const { secret, name } = await make({ plan: 'plans/pro' });
    for (let call = 0; call < 3; call += 1) expect(await callWith(secret)).toBe('OK');
    const { response } = await client.call(method.getApiKeyUsage, { name });
    expect(response?.plan).toBe('plans/pro');
    expect(response?.windows.map(({ window, limit, used }) => [window, limit, used])).toEqual([
      ['minute', 30n, 3n],
      ['hour', 1000n, 3n],
      ['day', 10_000n, 3n],
    ]);
    const unlimited = await client.call(method.getApiKeyUsage, { name: (await make()).name });
    expect(unlimited.response).toMatchObject({ plan: 'plans/unlimited', windows: [] });
  });

  test('sealing keys are listed without their bytes', async () => {
    const { response } = await client.call(method.listSealingKeys, {});
    expect(response?.sealingKeys).toHaveLength(1);
    const [only] = response?.sealingKeys ?? [];
    expect(only).toMatchObject({ state: SealingKey_State.SEALING, id: expect.stringMatching(/^[0-9a-f]{8}$/) });
    const lines = readFileSync(join(server.dataDir, 'sealing-keys'), 'utf8');
    expect(lines).toContain(only?.id);
    expect(only?.createTime && timestampDate(only.createTime).toISOString().slice(0, 19)).toBe(
      lines.split(/\s+/).at(-5)?.slice(0, 19),
    );
  });

  test('the status has the outcomes of the codes that were checked', async () => {
    const counts = async () => {
      const { response } = await client.call(method.getServerStatus, {});
      expect(response).toMatchObject({ storeReachable: true, limitsLocal: false });
      return new Map(response?.outcomes.map(({ outcome, count }) => [outcome, Number(count)]));
    };
    const before = await counts();
    await client.call(otp.verify, { key, code: '12345' });
    await client.call(otp.batchVerify, {
      requests: [
        { key, code: '1' },
        { key, code: '2' },
      ],
    });
    const after = await counts();
    expect((after.get('malformed') ?? 0) - (before.get('malformed') ?? 0)).toBe(3);
    expect(after.get('accepted')).toBe(before.get('accepted'));
  });

  describe('attempts', () => {
    async function lockedKey(tenant?: string) {
      const apiKey = await server.createKey(tenant === undefined ? {} : { tenant });
      const { response } = await client.call(
        otp.generate,
        { accountName: 'a', delivery: 3, sealedContext: Buffer.from('c') },
        { apiKey },
      );
      const plain = { source: { case: 'secret', value: response?.secret ?? '' } } as const;
      for (let guess = 0; guess < 6; guess += 1) await client.call(otp.verify, { key: plain, code: '000000' });
      const value = { blob: response?.sealed?.blob ?? '', context: Buffer.from('c') };
      return { plain, sealed: { source: { case: 'sealed', value } } as const, apiKey };
    }
    type Subject = MessageInitShape<typeof GetAttemptsRequestSchema>['subject'] & object;
    const get = (subject: Subject, options?: CallOptions) => client.call(method.getAttempts, { subject }, options);

    test('are seen and cleared by the key, plain or sealed', async () => {
      const { plain, sealed } = await lockedKey();
      for (const value of [plain, sealed]) {
        const { response } = await get({ case: 'key', value });
        expect(response).toMatchObject({ failureCount: 5, needsUnlock: false });
        expect(response?.lockEndTime).toBeDefined();
      }
      const { response } = await client.call(method.unlockAttempts, { subject: { case: 'key', value: sealed } });
      expect(response).toMatchObject({ failureCount: 5 });
      const after = (await get({ case: 'key', value: plain })).response;
      expect(after).toMatchObject({ failureCount: 0, needsUnlock: false });
      expect(after?.lockEndTime).toBeUndefined();
    });

    test('are seen and cleared by the fingerprint in the audit trail', async () => {
      await lockedKey();
      const value =
        /"event":"verify\.throttled".*"fingerprint":"([\w-]{22})"/.exec(audited().split('\n').at(-2) ?? '')?.[1] ?? '';
      expect((await get({ case: 'fingerprint', value })).response).toMatchObject({ failureCount: 5 });
      await client.call(method.unlockAttempts, { subject: { case: 'fingerprint', value } });
      expect((await get({ case: 'fingerprint', value })).response).toMatchObject({ failureCount: 0 });
      const line = audited().split('\n').at(-2) ?? '';
      expect(JSON.parse(line)).toMatchObject({ event: 'attempts.unlocked', fingerprint: value, failures: 5 });
      expect(JSON.parse(line)).toMatchObject({ by: expect.stringMatching(/^key:[0-9A-Za-z]{12}$/) });
    });

    test('of a key that another tenant has sealed cannot be read', async () => {
      const { sealed } = await lockedKey('acme');
      const refused = await get({ case: 'key', value: sealed });
      expectError(refused, 'INVALID_ARGUMENT', 'SEALED_KEY_INVALID');
      const apiKey = await server.createKey({ tenant: 'acme' });
      expect((await get({ case: 'key', value: sealed }, { apiKey })).response).toMatchObject({ failureCount: 5 });
    });

    test('of a set of recovery codes are its own', async () => {
      const { response } = await client.call(otp.generateRecoveryCodes, {});
      const value = { blob: response?.set?.blob ?? '' };
      for (let guess = 0; guess < 6; guess += 1)
        await client.call(otp.verifyRecoveryCode, { set: value, code: '0000-0000-0000-0000' });
      const subject = { case: 'recoverySet', value } as const;
      expect((await get(subject)).response).toMatchObject({ failureCount: 5, needsUnlock: false });
      const refused = await client.call(method.unlockAttempts, { subject, forgetFutureSteps: true });
      expect(refused.details.violations).toEqual([expect.stringMatching(/^forget_future_steps: not for a set/)]);
      const name = { case: 'recoverySetName', value: String(lastAudited('recovery.throttled')?.['set']) } as const;
      expect((await get(name)).response).toEqual((await get(subject)).response);
      expect((await client.call(method.unlockAttempts, { subject })).response).toMatchObject({ failureCount: 5 });
      expect((await get(subject)).response).toMatchObject({ failureCount: 0 });
      expect(audited()).toContain('"event":"recovery.unlocked"');
    });

    test.each<[string, Subject, string]>([
      ['nothing', { case: undefined }, 'fingerprint'],
      ['a text that is no fingerprint', { case: 'fingerprint', value: 'x' }, 'fingerprint'],
      ['a key that cannot be read', { case: 'key', value: { source: { case: 'secret', value: '!' } } }, 'key.secret'],
      ['a key without its source', { case: 'key', value: {} }, 'key.secret'],
      ['a set without its blob', { case: 'recoverySet', value: {} }, 'recovery_set.blob'],
      ['a text that is no name of a set', { case: 'recoverySetName', value: 'otpr1_x' }, 'recovery_set_name'],
    ])('of %s are refused', async (_, subject, field) => {
      for (const one of [method.getAttempts, method.unlockAttempts]) {
        const answer = await client.call(one, { subject } as never);
        expectError(answer, 'INVALID_ARGUMENT', 'INVALID_FIELDS');
        expect(answer.details.violations.map((text) => text.split(':')[0])).toEqual([field]);
      }
    });

    test('of an invalid blob are refused', async () => {
      const refused = await get({ case: 'recoverySet', value: { blob: `otpr1_${'A'.repeat(80)}` } });
      expect(refused.code).toMatch(/INVALID_ARGUMENT|FAILED_PRECONDITION/);
      expect(refused.details.errorInfo?.metadata).toMatchObject({ field: 'recovery_set' });
    });

    test('of a key show the used steps, and those of a set the number of used codes', async () => {
      const { plain, apiKey } = await lockedKey();
      await client.call(method.unlockAttempts, { subject: { case: 'key', value: plain } });
      const { response } = await client.call(otp.token, { key: plain }, { apiKey });
      const { code = '', step = 0n } = response?.token ?? {};
      expect((await client.call(otp.verify, { key: plain, code })).response?.valid).toBe(true);
      const shown = (await get({ case: 'key', value: plain })).response;
      expect(shown?.usedCodeCount).toBeUndefined();
      expect(shown?.usedSteps).toMatchObject([{ type: 1, periodSeconds: 30, firstStep: step, lastStep: step }]);
      const days = (Number(shown?.usedSteps[0]?.keepUntilTime?.seconds) * 1000 - Date.now()) / DAY_MS;
      expect(Math.round(days)).toBe(30);

      const { response: made } = await client.call(otp.generateRecoveryCodes, {});
      const set = { case: 'recoverySet', value: { blob: made?.set?.blob ?? '' } } as const;
      expect((await get(set)).response).toMatchObject({ usedCodeCount: 0, revoked: false, usedSteps: [] });
      for (const used of [0, 1]) await client.call(otp.verifyRecoveryCode, { set: set.value, code: made?.codes[used] ?? '' });
      await client.call(otp.revokeRecoveryCodes, { set: set.value });
      expect((await get(set)).response).toMatchObject({ usedCodeCount: 2, revoked: true });
    });

    test('the used counters of a HOTP are forgotten from a counter on, if asked for', async () => {
      const { plain } = await lockedKey();
      const hotp = { ...plain, type: 2, counter: 7n } as const;
      const unlock = (request: object) =>
        client.call(method.unlockAttempts, { subject: { case: 'key', value: { ...plain, type: 2 } }, ...request } as never);
      await unlock({});
      const code = (await client.call(otp.token, { key: hotp })).response?.token?.code ?? '';
      const verify = async () => (await client.call(otp.verify, { key: hotp, code })).response?.valid;
      expect([await verify(), await verify()]).toEqual([true, false]);
      expect((await unlock({ forgetFutureSteps: true })).response).toMatchObject({ resetSteps: [] });
      expect((await unlock({ forgetFutureSteps: true, nextCounter: 8n })).response).toMatchObject({ resetSteps: [] });
      expect(await verify()).toBe(false);
      const { response } = await unlock({ forgetFutureSteps: true, nextCounter: 7n });
      expect(response).toMatchObject({ resetSteps: [{ type: 2, periodSeconds: 0, lastStep: 7n }] });
      expect(lastAudited('attempts.reset')).toMatchObject({ tracks: [{ periodSeconds: 0, lastStep: 7, newLastStep: null }] });
      expect(await verify()).toBe(true);
    });

    test.each<[string, object, string]>([
      ['without forget_future_steps', { nextCounter: 1n, subject: { case: 'key', value: { ...key, type: 2 } } }, 'only with'],
      ['of a TOTP', { nextCounter: 1n, forgetFutureSteps: true, subject: { case: 'key', value: key } }, 'not for TOTP'],
      [
        'beyond 2^53',
        { nextCounter: 2n ** 60n, forgetFutureSteps: true, subject: { case: 'key', value: { ...key, type: 2 } } },
        '',
      ],
    ])('a next counter %s is refused', async (_, request, complaint) => {
      const answer = await client.call(method.unlockAttempts, request as never);
      expectError(answer, 'INVALID_ARGUMENT', 'INVALID_FIELDS');
      expect(answer.details.violations).toEqual([expect.stringMatching(new RegExp(`^next_counter: ${complaint}`))]);
    });

    test('a step of the future that was used is forgotten', async () => {
      const { plain } = await lockedKey();
      const { fingerprint } = JSON.parse(audited().split('\n').at(-2) ?? '') as { fingerprint: string };
      await client.call(method.unlockAttempts, { subject: { case: 'fingerprint', value: fingerprint } });
      const now = Date.now();
      const step = Math.floor((now + DAY_MS) / 30_000);
      const attempt = {
        fingerprint,
        former: 'former',
        period: 30,
        drift: 0,
        claim: true,
        matchableMs: 60_000,
        request: undefined,
      };
      await server.app.store.codes.judge({ ...attempt, step, afterStep: undefined }, now);
      const code = async () => (await client.call(otp.token, { key: plain })).response?.token?.code ?? '';
      const verify = async () => (await client.call(otp.verify, { key: plain, code: await code() })).response?.valid;
      expect(await verify()).toBe(false);
      const subject = { case: 'key', value: plain } as const;
      await client.call(method.unlockAttempts, { subject });
      expect(await verify()).toBe(false);
      await client.call(method.unlockAttempts, { subject, forgetFutureSteps: true });
      expect(audited()).toContain('"event":"attempts.reset"');
      expect(await verify()).toBe(true);
    });
  });
}

onEachStore('the administration', overTheWire);

redisSuite('the status while the store is away', () => {
  test('says that it is, and that each process counts calls separately', async () => {
    const redis = await startRedis();
    const fingerprintKeyFile = join(redis.folder, 'fingerprint.key');
    writeFileSync(fingerprintKeyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
    const server = await startServer({ flags: { redisUrl: redis.url, fingerprintKeyFile } });
    const client = createTestClient(server.address, server.apiKey);
    // A plan with limits, since without limits nothing is counted.
    const limited = await server.createKey({ plan: 'ultra' });
    const status = async () => (await client.call(method.getServerStatus, {}, { apiKey: limited })).response;
    try {
      expect(await status()).toMatchObject({ storeReachable: true, limitsLocal: false });
      await redis.kill();
      await expect.poll(status, { timeout: 10_000 }).toMatchObject({ storeReachable: false, limitsLocal: true });
    } finally {
      client.close();
      await server.close();
      await redis.stop();
    }
  });
});

test('a page of keys with the longest names is short enough for an answer', async () => {
  const server = await startServer({ store: createMemoryStore() });
  const client = createTestClient(server.address, server.apiKey);
  const input = { name: '語'.repeat(100), plan: 'unlimited', tenant: 'a'.repeat(63), scopes: SCOPES };
  for (let count = 0; count < 900; count += 1)
    await server.app.store.keys.insert(issueApiKey({ ...input, expiresAt: Date.now() + DAY_MS }, Date.now()).record);
  let [pageToken, found, pages] = ['', 0, 0];
  do {
    const { response, message } = await client.call(method.listApiKeys, { pageSize: 1000, pageToken });
    expect(message).toBe('');
    found += response?.apiKeys.length ?? 0;
    pages += 1;
    pageToken = response?.nextPageToken ?? '';
  } while (pageToken !== '');
  expect({ found, pages }).toEqual({ found: 901, pages: 2 });
  client.close();
  await server.close();
});
