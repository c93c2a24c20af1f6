/** The Redis store keeps the contracts of stores on a real Cluster of three masters, and with real sentinels. */
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import type { Store } from '../../src/ports/store.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { PATIENT_REDIS } from '../support/patient-store.ts';
import { type RedisServer, redisSuite } from '../support/redis.ts';
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts';
import { type RedisSentinels, startRedisSentinels } from '../support/redis-sentinel.ts';
import { codesContract } from './codes-contract.ts';
import { storeContract } from './contract.ts';
import { recoveryContract } from './recovery-contract.ts';

/** Empties a server except for the identities, without which the store would count as lost. */
const WIPE = `for _, key in ipairs(redis.call('KEYS', '*')) do if not string.find(key, ':id') then redis.call('DEL', key) end end`;

const SETS = {
  'Redis Cluster': () => startRedisCluster({ settings: [] }),
  'Redis Sentinel': () => startRedisSentinels({ settings: [] }),
};

for (const [name, start] of Object.entries(SETS)) {
  redisSuite(`the contracts over ${name}`, () => {
    let set: RedisCluster | RedisSentinels;
    const open = () => openRedisStore({ url: set.url, ...PATIENT_REDIS, onWarning: () => undefined });
    const masters = (): readonly RedisServer[] => ('masters' in set ? set.masters() : [set.primary()]);

    beforeAll(async () => {
      set = await start();
    });
    afterAll(() => set[Symbol.asyncDispose]());

    describe('of keys and limits', () => {
      let store: Store;
      beforeEach(async () => {
        for (const master of masters()) master.cli('eval', WIPE, '0');
        store = await open();
      });
      storeContract(name, () => store);
    });

    describe('of codes', () => codesContract(name, open));
    describe('of recovery codes', () => recoveryContract(name, open));
  });
}
