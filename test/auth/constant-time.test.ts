/** API keys are compared by `timingSafeEqual`, always twice, so the time of an answer reveals nothing about a secret. */
import { beforeEach, expect, it, vi } from 'vitest';
import { rotateApiKey } from '../../src/auth/api-key.ts';
import { createAuthenticator } from '../../src/auth/authenticator.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { clockAt, HOUR, issue, rejectionOf, START } from './fixtures.ts';

const compared = vi.hoisted(() => ({ times: 0 }));
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  return {
    ...crypto,
    timingSafeEqual: (one: Uint8Array, other: Uint8Array) => {
      compared.times += 1;
      return crypto.timingSafeEqual(one, other);
    },
  };
});

const PEER = '192.0.2.1:5000';
const { keys } = createMemoryStore();
const authenticator = createAuthenticator({ keys, clock: clockAt(START) });
beforeEach(() => {
  compared.times = 0;
});

it('for a key with one secret, and for both secrets of a rotated one', async () => {
  const one = issue();
  await keys.insert(one.record);
  await authenticator.authenticate(one.apiKey, PEER);
  expect(compared.times).toBe(2);
  const rotated = issue();
  const next = rotateApiKey(rotated.record, HOUR, START);
  await keys.insert(next.record);
  for (const apiKey of [rotated.apiKey, next.apiKey]) await authenticator.authenticate(apiKey, PEER);
  expect(compared.times).toBe(6);
});

it('for an unknown key', async () => {
  expect((await rejectionOf(authenticator.authenticate(issue().apiKey, PEER))).reason).toBe('api_key_invalid');
  expect(compared.times).toBeGreaterThanOrEqual(2);
  expect(compared.times % 2).toBe(0);
});
