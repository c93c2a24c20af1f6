/** The memory store keeps the contract for recovery codes, and the contract detects a store that does not. */
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { RecoveryStore, SetState } from '../../src/ports/recovery.ts';
import { judgeUse, UNKNOWN_SET } from '../../src/verification/recovery-rules.ts';
import { START } from '../auth/fixtures.ts';
import { createMemoryRecovery } from '../support/memory-recovery.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { recoveryContract, useAll, useOf } from './recovery-contract.ts';

recoveryContract('memory', createMemoryStore);

it('a store that reads and then writes accepts a code more than once', async () => {
  const states = new Map<string, SetState>();
  const getThenSet: RecoveryStore = {
    ...createMemoryRecovery(),
    async use(use, now) {
      const known = states.get(use.set) ?? UNKNOWN_SET;
      await setImmediate();
      const { judgement, state } = judgeUse(known, use, now);
      if (state !== undefined) states.set(use.set, state);
      return judgement;
    },
  };
  expect((await useAll(getThenSet, Array(1000).fill(useOf()), START))['accepted']).toBeGreaterThan(1);
});
