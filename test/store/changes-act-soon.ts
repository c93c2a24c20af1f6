/** Checks that an authenticator in use sees a change by another process within half a second. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Authenticator, createAuthenticator } from '../../src/auth/authenticator.ts';
import type { Store } from '../../src/ports/store.ts';
import { issue } from '../auth/fixtures.ts';
import type { Answer, Order } from './other-process.ts';

const PEER = '192.0.2.1:1';
const WITHIN_MS = 500;

/** Makes the other process carry out an order. */
export async function tell(child: ChildProcess, order: Order): Promise<Answer> {
  const answered = once(child, 'message');
  child.send(order);
  const [answer] = await answered;
  return answer;
}

/**
 * Creates, rotates and revokes keys in another process on the store's `file`. Expects that an authenticator in use sees each change within half a
 * second.
 */
export async function changesActSoon(store: Store, file: string): Promise<void> {
  const child = fork(new URL('./other-process.ts', import.meta.url), { execArgv: [] });
  const exited = once(child, 'exit');
  await once(child, 'message');
  const authenticator = createAuthenticator({ keys: store.keys, clock: Date.now });
  const { apiKey: bystander, record } = issue({}, Date.now());
  await store.keys.insert(record);
  /** Carries out an order during calls, waits half a second, and returns the answer to the order. */
  const after = async (order: Omit<Order, 'file'>, ...used: string[]) => {
    const atWork = new AbortController();
    const work = workWith(authenticator, [bystander, ...used], atWork.signal);
    const answer = await tell(child, { file, ...order });
    await setTimeout(WITHIN_MS);
    atWork.abort();
    await work;
    return answer;
  };

  const created = await after({ do: 'create' });
  expect(await isLetIn(authenticator, created.apiKey)).toBe(true);
  const rotated = await after({ do: 'rotate', id: created.id }, created.apiKey);
  expect(await isLetIn(authenticator, rotated.apiKey)).toBe(true);
  await after({ do: 'revoke', id: created.id }, created.apiKey, rotated.apiKey);
  expect(await isLetIn(authenticator, created.apiKey)).toBe(false);
  expect(await isLetIn(authenticator, rotated.apiKey)).toBe(false);
  expect(await isLetIn(authenticator, bystander)).toBe(true);
  child.send({ file, do: 'leave' });
  await exited;
}

async function workWith(authenticator: Authenticator, apiKeys: readonly string[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const apiKey of apiKeys) await isLetIn(authenticator, apiKey);
    await setTimeout(5);
  }
}

async function isLetIn(authenticator: Authenticator, apiKey: string): Promise<boolean> {
  return Promise.resolve(authenticator.authenticate(apiKey, PEER)).then(
    () => true,
    () => false,
  );
}
