/** The Redis store keeps the contracts of stores, on a plain Redis and on a Cluster node, where a key outside the slot is an error. */
import { afterAll, beforeAll, beforeEach, describe, it } from 'vitest';
import type { Store } from '../../src/ports/store.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { PATIENT_REDIS } from '../support/patient-store.ts';
import { type RedisServer, redisSuite, startRedis } from '../support/redis.ts';
import { changesActSoon } from './changes-act-soon.ts';
import { codesContract } from './codes-contract.ts';
import { storeContract } from './contract.ts';
import { recoveryContract } from './recovery-contract.ts';

const MODES = { Redis: [], 'Redis Cluster': ['--cluster-enabled', 'yes'] };

for (const [name, args] of Object.entries(MODES)) {
  redisSuite(`the contracts over ${name}`, () => {
    let server: RedisServer;
    const open = () => openRedisStore({ url: server.url, ...PATIENT_REDIS, onWarning: () => undefined });

    beforeAll(async () => {
      server = await startRedis(args);
      if (args.length === 0) return;
      server.cli('cluster', 'addslotsrange', '0', '16383');
      while (!server.cli('cluster', 'info').includes('cluster_state:ok')) await new Promise((resolve) => setTimeout(resolve, 20));
    });
    afterAll(() => server.stop());

    describe('of keys and limits', () => {
      let store: Store;
      beforeEach(async () => {
        server.cli('flushall');
        store = await open();
      });
      storeContract(name, () => store);

      it('show a running server within half a second what another process changed', async () => {
        const own = await openRedisStore({ url: server.url, onWarning: () => undefined });
        await changesActSoon(own, server.url);
        await own.close();
      });
    });

    // Opened once, after the last flush, since a store whose Redis was emptied fails.
    describe('of codes', () => codesContract(name, open));
    describe('of recovery codes', () => recoveryContract(name, open));
  });
}
