/** The traces of calls: an audit trail that says who did what, locks that an operator can lift, and no secret anywhere. */
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { completeParameters } from '../../src/otp/params.ts';
import type { Judgement } from '../../src/ports/codes.ts';
import type { Store } from '../../src/ports/store.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { stateNameOf } from '../../src/verification/fingerprint.ts';
import { auditedIn } from '../support/audit-lines.ts';
import { createTestClient, methods } from '../support/client.ts';
import { openPatientStore, PATIENT_REDIS } from '../support/patient-store.ts';
import { type Cluster, eachShape, type Shape, startCluster } from './cluster.ts';
import { otpd } from './command.ts';
import { tally } from './crowd.ts';
import { nextRandom, randomOf } from './form.ts';
import { whileRedisIsSlow } from './instance.ts';
import { codeOf, hotpKey, requestOf, type TestKey, totpKey, type VerifyInit, wrongCode } from './keys.ts';
import { canariesOf, findCanaries } from './search.ts';

const SHAPES: readonly Shape[] = [
  { name: 'on SQLite', store: 'sqlite', instances: 1 },
  { name: 'on Redis', store: 'redis', instances: 1 },
];
const DAY_MS = 86_400_000;

/** Locks a key for good, with wrong codes on a hundred days in the future. */
async function lockForGood(cluster: Cluster, key: TestKey): Promise<void> {
  const { redis, databaseFile, fingerprints } = cluster;
  const store: Store = redis
    ? await openRedisStore({ url: redis.url, ...PATIENT_REDIS, onWarning: () => undefined })
    : openPatientStore(databaseFile);
  const name = stateNameOf(fingerprints, key.bytes, completeParameters({ type: key.type, digits: 8 }), store.codes);
  const wrong = { ...name, step: undefined, drift: 0, claim: true, afterStep: undefined, matchableMs: 0, request: undefined };
  // The writer of the store has to start first.
  await store.ping();
  let last: Judgement | undefined;
  for (let day = 0; day < 100; day += 1) last = (await store.codes.judge(wrong, Date.now() + day * DAY_MS)) as Judgement;
  expect(last?.outcome).toBe('mismatch');
  await store.close();
}

eachShape('the traces', SHAPES, (shape) => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster(shape, randomOf(1));
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  test('are those of who did what, and hold no secret, code or API key', async () => {
    const random = nextRandom();
    const [instance] = cluster.instances;
    const [apiKey = ''] = cluster.apiKeys;
    const by = `key:${apiKey.split('_')[1]}`;
    const client = createTestClient(instance?.address ?? '', apiKey);
    const key = totpKey(random);
    const fingerprint = cluster.fingerprints.ofSecret(key.bytes, 'SHA1');
    const codes = [codeOf(key, key.last), wrongCode(key, random), '12345678 9', codeOf(key, key.last)];
    let calls = 0;
    const verify = async (code: string): Promise<string | undefined> => {
      calls += 1;
      const { response } = await client.call(methods.verify, requestOf(key, code) as VerifyInit & { code: string }, {
        metadata: { 'x-request-id': `call-${calls}` },
      });
      return response && String(response.status);
    };
    for (const code of codes) await verify(code);
    for (let left = 5; left > 0; left -= 1) await verify(wrongCode(key, random));
    client.close();

    const operator = expect.stringMatching(/^operator:.+/);
    const operate = (args: readonly string[]): Promise<string> =>
      whileRedisIsSlow(async () => {
        const { out, err, code } = await otpd(cluster, args);
        if (code !== 0) throw new Error(err);
        return out.trim();
      });
    const newKey = await operate(['keys', 'create', '--name', 'audited', '--plan', 'pro']);
    const keyId = newKey.split('_')[1] ?? '';
    const rotated = await operate(['keys', 'rotate', keyId]);
    await operate(['keys', 'revoke', keyId]);
    const options = ['--digits', '8', '--period', String(key.period)];
    const unlocked = await otpd(cluster, ['attempts', 'unlock', ...options], key.secret.toLowerCase());
    expect(unlocked).toMatchObject({ code: 0, out: 'unlocked; 5 wrong codes in a row before\n' });

    const verified = (event: string, call: number, more: object = {}) => ({
      event: `verify.${event}`,
      by,
      requestId: `call-${call}`,
      transport: 'grpc',
      fingerprint,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      ...more,
    });
    const time = expect.any(String);
    expect(auditedIn(cluster.auditLog)).toEqual([
      verified('accepted', 1, { step: key.last }),
      verified('refused', 2),
      verified('replayed', 4, { step: key.last }),
      ...[5, 6, 7, 8].map((call) => verified('refused', call)),
      verified('throttled', 9),
      { event: 'key.created', by: operator, keyId, time },
      { event: 'key.rotated', by: operator, keyId, time },
      { event: 'key.revoked', by: operator, keyId, time },
      { event: 'attempts.unlocked', by: operator, fingerprint, failures: 5, time },
    ]);
    expect(statSync(cluster.auditLog).mode & 0o777).toBe(0o600);

    const issued = [newKey, rotated].map((value) => ({ name: 'an issued API key', value }));
    expect(findCanaries(cluster, [...canariesOf(cluster, [key], codes), ...issued])).toEqual([]);
  });

  test('of a hundred wrong codes stop the key until an operator unlocks it', async () => {
    const random = nextRandom();
    const key = hotpKey(random);
    const verify = async (step: number) => {
      const answers = await Promise.all(
        cluster.instances.map(({ caller }) => caller.verify(requestOf(key, codeOf(key, step)), cluster.apiKeys[0] ?? '')),
      );
      return tally(answers);
    };
    expect(await verify(7)).toEqual({ accepted: 1 });
    await lockForGood(cluster, key);
    expect(await verify(8)).toEqual({ throttled: 1 });
    const options = ['--type', 'hotp', '--digits', '8'];
    const uri = `otpauth://hotp/alice?secret=${key.secret}&digits=8&counter=3`;
    const show = async () => JSON.parse((await otpd(cluster, ['attempts', 'show', '--json'], uri)).out);
    const used = {
      lastStep: 7,
      tracks: [{ type: 'hotp', periodSeconds: 0, firstStep: 7, lastStep: 7, keptUntil: null }],
    };
    expect(await show()).toEqual({ failures: 100, locked: true, lockedUntil: null, attemptsRemaining: 0, ...used });
    expect(await otpd(cluster, ['attempts', 'unlock', ...options, '--json'], key.secret)).toMatchObject({ code: 0 });
    expect(await show()).toEqual({ failures: 0, locked: false, lockedUntil: null, attemptsRemaining: 5, ...used });
    expect(await verify(7)).toEqual({ replayed: 1 });
    expect(await verify(8)).toEqual({ accepted: 1 });
  });

  test('cannot be those of another fingerprint key: neither a server nor a command works with it', async () => {
    const random = nextRandom();
    writeFileSync(join(cluster.folder, 'fingerprint.key'), 'ab'.repeat(32));
    const key = hotpKey(random);
    const refused = await otpd(cluster, ['attempts', 'show', '--type', 'hotp'], key.secret);
    expect(refused).toMatchObject({ code: 2, out: '', err: expect.stringContaining('is not the key of this store') });
    const served = await otpd(cluster, ['serve', '--listen', '127.0.0.1:0']);
    expect(served).toMatchObject({ code: 2, err: expect.stringContaining('not the fingerprint key of this store') });
  });
});
