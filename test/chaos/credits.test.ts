/** A thousand API keys that reach the end of their credits, on two servers over the same Redis. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensureRingFile, ringFile } from '../../src/app/ring-file.ts';
import { issueApiKey } from '../../src/auth/api-key.ts';
import { parsePlans, planOf } from '../../src/limits/plans.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { auditedIn } from '../support/audit-lines.ts';
import { createTestClient, methods } from '../support/client.ts';
import { redisSuite, startRedis } from '../support/redis.ts';
import { inTurns } from './crowd.ts';
import { createInstance } from './instance.ts';

const KEYS = 1000;
/** The credits of a month. 80 % are reached at four, 95 % at five. */
const CREDITS = 5;
const CALLS = 8;
const PLANS = `{"paid": {"month": ${CREDITS}}}`;
/** The number of API keys with concurrent calls. With more, Redis would take longer than a call waits for it. */
const WIDTH = 6;
const SECRET = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;

redisSuite('the credits of a thousand API keys', () => {
  test('are exact on two servers, whose failed calls are not paid for, with one warning for each share', async () => {
    await using parts = new AsyncDisposableStack();
    const redis = parts.adopt(await startRedis(), (one) => one.stop());
    const data = join(redis.folder, 'data');
    mkdirSync(data);
    ensureRingFile(ringFile(data), Date.now());
    const [plansFile, fingerprintKey, auditLog] = ['plans.json', 'fingerprint.key', 'audit.jsonl'].map((name) =>
      join(data, name),
    );
    writeFileSync(plansFile ?? '', PLANS);
    writeFileSync(fingerprintKey ?? '', randomBytes(32).toString('hex'), { mode: 0o600 });

    const store = parts.adopt(await openRedisStore({ url: redis.url, onWarning: () => undefined }), (one) => one.close());
    const issued = Array.from({ length: KEYS }, () => issueApiKey({ name: 'paid', plan: 'paid', scopes: ['token'] }, Date.now()));
    for (const { record } of issued) await store.keys.insert(record);

    const env = {
      OTPD_DATA_DIR: data,
      OTPD_REDIS_URL: redis.url,
      OTPD_PLANS: plansFile ?? '',
      OTPD_FINGERPRINT_KEY_FILE: fingerprintKey ?? '',
      OTPD_AUDIT_LOG: auditLog ?? '',
      OTPD_LOG_LEVEL: 'warn',
    };
    const servers = await Promise.all([0, 1].map(() => createInstance(env, 0, 1)));
    for (const server of servers) parts.defer(() => server.close());
    await Promise.all(servers.map((server) => server.start()));
    const clients = servers.map(({ address }) => parts.adopt(createTestClient(address), (client) => client.close()));

    /** Makes concurrent calls with a key on both servers in turn. Resolves to their outcomes. */
    const call = async (apiKey: string, count: number, key: object) => {
      const answers = Array.from({ length: count }, (_, place) =>
        clients[place % clients.length]?.call(methods.token, { key } as never, { apiKey }),
      );
      return (await Promise.all(answers)).map((answer) => answer?.details.errorInfo?.reason ?? answer?.code).toSorted();
    };
    const used = async () => {
      const { windows } = planOf(parsePlans(PLANS), 'paid');
      const usages = await inTurns(issued, WIDTH, async ({ record: { id } }) => store.limits.usage(id, windows, Date.now()));
      return [...new Set(usages.map(([month]) => month?.used))];
    };

    const failed = await inTurns(issued, WIDTH, ({ apiKey }) => call(apiKey, 2, {}));
    expect(new Set(failed.flat())).toEqual(new Set(['ERROR_REASON_INVALID_FIELDS']));
    // Failed calls are refunded after their answers.
    await expect.poll(used, { timeout: 20_000 }).toEqual([0]);

    const outcomes = await inTurns(issued, WIDTH, ({ apiKey }) => call(apiKey, CALLS, SECRET));
    const expected = [...Array(CALLS - CREDITS).fill('ERROR_REASON_CREDITS_EXHAUSTED'), ...Array(CREDITS).fill('OK')];
    expect(outcomes.filter((outcome) => outcome.join() !== expected.join())).toEqual([]);
    expect(await used()).toEqual([CREDITS]);
    // No server has counted locally.
    expect(servers.flatMap(({ log }) => log().filter(({ msg }) => msg?.startsWith('rate limits are local')))).toEqual([]);

    const warned = auditedIn(auditLog ?? '').filter(({ event }) => event === 'credits.warned');
    expect(warned.map(({ keyId, threshold }) => `${keyId} ${threshold}`).toSorted()).toEqual(
      issued.flatMap(({ record: { id } }) => [`${id} 80`, `${id} 95`]).toSorted(),
    );
  }, 120_000);
});
