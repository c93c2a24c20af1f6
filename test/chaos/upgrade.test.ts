/** Upgrades from an earlier otpd and back: one instance after the other under load on a shared Redis, and in turns on the same data folder. */
import { beforeAll, describe, expect, test } from 'vitest';
import { SCHEMA_VERSION } from '../../src/store/sqlite/schema.ts';
import { redisSuite, startRedis } from '../support/redis.ts';
import { type Cluster, ONE_PROCESS, startCluster } from './cluster.ts';
import { nextRandom, size } from './form.ts';
import { checkOutFormer, type FormerOtpd } from './former.ts';
import type { Instance } from './instance.ts';
import { codeOf, hotpKey, requestOf, totpKey } from './keys.ts';
import { startLoad, targetOf } from './load.ts';

const INSTANCES = size(2, 5);
/** The number of codes that are sent with each mixture of versions, before the next instance changes its version. */
const CODES_A_STEP = size(40, 1000);

let former: FormerOtpd;
beforeAll(() => {
  former = checkOutFormer();
  return () => former[Symbol.dispose]();
});

redisSuite('with one Redis, under load', () => {
  test(
    'an upgrade instance by instance, and the way back, fail no call and accept each code once',
    async () => {
      const random = nextRandom();
      const shape = { store: 'redis', instances: INSTANCES } as const;
      await using parts = new AsyncDisposableStack();
      // Nothing kills this Redis, so it needs no files. Without files it answers in time, however busy the disk is.
      const { url } = parts.adopt(await startRedis(), (one) => one.stop());
      await using cluster = await startCluster(shape, random, { main: former.main, redisUrl: url });
      const { instances, apiKeys } = cluster;
      const load = startLoad(targetOf(instances.map(({ address }) => address)), apiKeys[0] ?? '', random);
      const moreCodes = async (): Promise<void> => {
        const before = load.codes();
        await expect.poll(load.codes, { timeout: 60_000 }).toBeGreaterThan(before + CODES_A_STEP);
      };
      await moreCodes();
      for (const main of [undefined, former.main]) {
        for (const one of instances) {
          expect(await one.stop()).toBe(0);
          await one.start(main);
          await moreCodes();
        }
      }
      const answers = await load.stop();
      expect(answers).toEqual({ accepted: load.codes(), replayed: load.codes() });
    },
    size(120_000, 600_000),
  );
});

describe('on one data folder', () => {
  /** Sends a code for each type of key; resolves to whether it passes, which it must do once. */
  async function use({ caller }: Instance, { apiKeys }: Cluster, requests: readonly object[]): Promise<string[]> {
    const answers = await Promise.all(requests.map((request) => caller.verify(request, apiKeys[0] ?? '')));
    return answers.map(({ outcome }) => outcome);
  }

  test('the state of an earlier otpd holds after an upgrade, and the way back is open, or refused in words', async () => {
    const random = nextRandom();
    await using cluster = await startCluster(ONE_PROCESS, random, { main: former.main });
    const [instance] = cluster.instances;
    if (instance === undefined) throw new Error('no instance');
    const requests = () => [hotpKey(random), totpKey(random)].map((key) => requestOf(key, codeOf(key, key.first)));
    const [old, young] = [requests(), requests()];
    const [apiKey = ''] = cluster.apiKeys;
    const { set, codes } = await instance.caller.generateRecoveryCodes(apiKey);
    const recover = async (place: number): Promise<string> =>
      (await instance.caller.verifyRecoveryCode({ set: { blob: set?.blob ?? '' }, code: codes[place] ?? '' }, apiKey)).outcome;
    expect(await use(instance, cluster, old)).toEqual(['accepted', 'accepted']);
    expect(await recover(0)).toBe('accepted');

    expect(await instance.stop()).toBe(0);
    await instance.start();
    expect(await use(instance, cluster, old)).toEqual(['replayed', 'replayed']);
    expect(await use(instance, cluster, young)).toEqual(['accepted', 'accepted']);
    expect([await recover(0), await recover(1)]).toEqual(['replayed', 'accepted']);

    expect(await instance.stop()).toBe(0);
    if (former.schema === SCHEMA_VERSION) {
      await instance.start(former.main);
      expect(await use(instance, cluster, [...old, ...young])).toEqual(Array(4).fill('replayed'));
      expect([await recover(0), await recover(1), await recover(2)]).toEqual(['replayed', 'replayed', 'accepted']);
    } else {
      await expect(instance.start(former.main)).rejects.toThrow('was written by a newer otpd');
      // The refusal has changed nothing.
      await instance.start();
      expect(await use(instance, cluster, [...old, ...young])).toEqual(Array(4).fill('replayed'));
    }
  }, 120_000);
});
