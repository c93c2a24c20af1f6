/** The scopes of a key that was made without naming any, in a program with a further scope. */
import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ensureFirstKey } from '../../src/cli/commands/first-key.ts';
import { DEFAULT_PLANS } from '../../src/limits/plans.ts';
import { allKeys } from '../support/all-keys.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { otpd } from './harness.ts';
import { makeFolder } from './real.ts';

vi.mock('../../src/ports/principal.ts', async (original) => {
  const { CALLER_SCOPES, NAMED_SCOPES, ...others } = await original<typeof import('../../src/ports/principal.ts')>();
  const later = [...NAMED_SCOPES, 'later'];
  return { ...others, CALLER_SCOPES, NAMED_SCOPES: later, SCOPES: [...CALLER_SCOPES, ...later] };
});

const CALLER = ['generate', 'token', 'verify'];
let folder: string;

beforeEach(() => {
  folder = makeFolder();
});
afterEach(() => rmSync(folder, { recursive: true }));

async function scopesOf(...args: string[]): Promise<unknown> {
  const { out } = await otpd(['keys', 'create', '--name', 'a', '--json', ...args], { env: { OTPD_DATA_DIR: folder } });
  return JSON.parse(out).key.scopes;
}

test('a key made without scopes has those of callers, and the help says so', async () => {
  expect(await scopesOf()).toEqual(CALLER);
  expect((await otpd(['keys', 'create', '--help'])).out.replaceAll(/\s+/g, ' ')).toContain('(default: generate,token,verify)');
});

test('the first key has those of callers', async () => {
  const { keys } = createMemoryStore();
  await ensureFirstKey(keys, { plans: DEFAULT_PLANS, dataDir: folder, isTerminal: true, now: Date.now() });
  expect((await allKeys(keys)).map(({ scopes }) => scopes)).toEqual([CALLER]);
});

test('a scope that is named is granted', async () => {
  expect(await scopesOf('--scopes', 'verify,later')).toEqual(['verify', 'later']);
});
