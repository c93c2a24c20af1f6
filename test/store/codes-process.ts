/** Another process on the same file, which judges codes on orders of the test. */

import type { Attempt } from '../../src/ports/codes.ts';
import type { Store } from '../../src/ports/store.ts';
import { openPatientStore } from '../support/patient-store.ts';
import { attempt, outcomeOf, type Tally, tallyAnyOf, tallyOf } from './codes-fixtures.ts';

/**
 * `one` is judged once, and `crowd` this many times at once. `any` is judged this many times at once on the keys of a user, each time with the keys
 * in another order. `flood` judges each step of one key after the other, until the process is killed.
 */
export type Order =
  | { readonly do: 'open'; readonly file: string }
  | { readonly do: 'one'; readonly attempt: Partial<Attempt> }
  | { readonly do: 'crowd'; readonly attempt: Partial<Attempt>; readonly count: number }
  | { readonly do: 'any'; readonly attempts: readonly Partial<Attempt>[]; readonly count: number }
  | { readonly do: 'flood' | 'flood by batches'; readonly keys: number }
  | { readonly do: 'ping' | 'leave' };

/** The message after each accepted step of a flood. */
export interface Acknowledged {
  readonly fingerprint: string;
  readonly step: number;
}

export type Answer = 'ready' | keyof Tally | Tally | Acknowledged | boolean;

let store: Store | undefined;

async function carryOut(order: Order): Promise<Answer> {
  if (order.do === 'open') {
    store = openPatientStore(order.file);
    await store.ping();
    return 'ready';
  }
  if (store === undefined) throw new Error('not open');
  const { codes } = store;
  if (order.do === 'one') return outcomeOf(codes, attempt(order.attempt), Date.now());
  if (order.do === 'crowd') return tallyOf(codes, Array(order.count).fill(attempt(order.attempt)), Date.now());
  if (order.do === 'any') return tallyAnyOf(codes, order.attempts.map(attempt), order.count, Date.now());
  if (order.do === 'ping')
    return store.ping().then(
      () => true,
      () => false,
    );
  if (order.do === 'flood by batches') await floodByBatches(order.keys);
  if (order.do === 'flood') {
    await Promise.all(Array.from({ length: order.keys }, (_, key) => flood(`flood-${key}`)));
  }
  await store.close();
  process.disconnect?.();
  return true;
}

async function flood(fingerprint: string): Promise<void> {
  for (let step = 1; ; step += 1) {
    const outcome = await store?.codes.judge(attempt({ fingerprint, step }), Date.now());
    if (outcome?.outcome === 'accepted') process.send?.({ fingerprint, step } satisfies Acknowledged);
  }
}

/** Each batch has two steps of each key. */
async function floodByBatches(keys: number): Promise<void> {
  for (let step = 1; ; step += 2) {
    const batch = [step, step + 1].flatMap((one) =>
      Array.from({ length: keys }, (_, key) => attempt({ fingerprint: `flood-${key}`, step: one })),
    );
    const judged = (await store?.codes.judgeAll(batch, Date.now())) ?? [];
    for (const [place, one] of judged.entries()) {
      const { fingerprint, step: used } = batch[place] ?? attempt();
      if (used !== undefined && 'outcome' in one && one.outcome === 'accepted')
        process.send?.({ fingerprint, step: used } satisfies Acknowledged);
    }
  }
}

process.on('message', (order: Order) => {
  void carryOut(order).then((answer) => process.connected && process.send?.(answer));
});
