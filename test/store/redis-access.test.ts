/** Redis servers that require a certificate and a password, with the least rights that docs/redis.md lists. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { issueApiKey } from '../../src/auth/api-key.ts';
import { START } from '../auth/fixtures.ts';
import { redisSuite } from '../support/redis.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startRedisSentinels } from '../support/redis-sentinel.ts';
import { useOf } from './recovery-contract.ts';
import { ACCEPTED, answerTo, attempt, endOf, requested, servedAfter, storeOpener } from './redis-fixtures.ts';

const BACK_WITHIN = 5000;
/** Returns the lines of a section of the document that begin with the words of an ACL. */
const DOCUMENT = readFileSync(new URL('../../docs/redis.md', import.meta.url), 'utf8');

function documentedRights(first: string): string {
  const line = DOCUMENT.split('\n').find((text) => text.startsWith(`ACL SETUSER otpd on >PASSWORD ${first}`));
  return line?.split(' >PASSWORD ')[1] ?? '';
}

const SETS = [
  ['a Redis Cluster', startRedisCluster, '~otpd:*'],
  ['Redis behind sentinels', startRedisSentinels, '~{otpd}:*'],
] as const;

for (const [name, start, keys] of SETS) {
  redisSuite(`${name} with TLS and users of least rights`, () => {
    const open = storeOpener();

    it('admits only otpd, and allows all its commands', async () => {
      await using set = await start({ tls: true, rights: documentedRights(keys) });
      const { ca, cert, key } = set.access.files ?? {};
      const [authority, certificate, secret] = [ca, cert, key].map((file) => readFileSync(file ?? '', 'utf8'));
      const tls = { ca: authority, cert: certificate, key: secret };
      const store = await open({ url: set.url, tls, waitReplicas: 1 });
      expect(store.warnings).toEqual([expect.stringContaining('held nothing of otpd')]);
      await servedAfter(store, BACK_WITHIN);
      expect(await store.bind('identity')).toBe(true);
      const { record } = issueApiKey({ name: 'a', plan: 'free', scopes: ['admin'] }, START);
      await store.keys.insert(record);
      await store.keys.touch(new Map([[record.id, START]]));
      expect(await store.keys.page(undefined, 10)).toHaveLength(1);
      expect(await store.keys.updateWithOtherAdmin(record.id, (one) => one, START)).toBe('last');
      const windows = [{ name: 'hour', periodMs: 3_600_000, limit: 2, refundable: true }];
      await store.limits.charge(record.id, windows, 1, START);
      await store.limits.refund(record.id, windows, START, 1, { rejected: false });
      for (const _ of ['first', 'repeated'])
        expect(await answerTo(() => store.codes.judge(requested('id'), START))).toEqual(ACCEPTED);
      await store.codes.judgeAll([attempt({ step: undefined }), attempt({ fingerprint: 'g' })], START);
      await store.codes.unlock(attempt(), START);
      await store.recovery.use(useOf(), START);
      await store.sealingKeys.noteDays(new Map([['key', 1]]));

      const refusal = async (url: string, files: typeof tls) => (await endOf(open({ url, tls: files }))).end;
      expect(await refusal(set.url, { ...tls, cert: undefined, key: undefined })).toMatch(/cannot be used|names no primary/);
      expect(await refusal(set.url.replace('rediss', 'redis'), tls)).toMatch(/cannot be used|names no primary/);
      expect(await refusal(set.url.replace(/:[^:@]+@/, ':wrong@'), tls)).toContain('WRONGPASS');
    });
  });
}
