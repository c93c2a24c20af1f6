/** Opens sealing as the service does: the origin of its ring, its refusals, and the uses of keys that it stores. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSealing } from '../../src/app/open-sealing.ts';
import { formatRing, readRingFile, ringFile } from '../../src/app/ring-file.ts';
import { type Config, loadConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/observability/log.ts';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { keyOf } from '../sealing/rings.ts';
import { createMemoryStore } from '../support/memory-store.ts';

const DAY = 86_400_000;
const START = Date.parse('2027-01-31T23:59:59Z');
const BINDING = { tenant: 'default', context: Buffer.alloc(0) };
let dataDir: string;
let now = START;
const store = createMemoryStore();
const opened: { close(): void }[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'otpd-sealing-'));
  now = START;
});
afterEach(() => {
  for (const sealing of opened.splice(0)) sealing.close();
  rmSync(dataDir, { recursive: true });
});

async function open(flags: Partial<Record<string, string>> = {}, on = createMemoryStore()) {
  const fingerprintKeyFile = join(dataDir, 'fingerprint.key');
  writeFileSync(fingerprintKeyFile, 'ab'.repeat(32));
  const config: Config = loadConfig({ dataDir, fingerprintKeyFile, ...flags }, {});
  const sealing = await openSealing(config, on, createLog('silent').logger, () => now);
  opened.push(sealing);
  return sealing;
}

it('makes the ring beside an embedded database at the first start, once, and for its owner alone', async () => {
  const blob = (await open()).sealing.seal('otpk1', Buffer.from('secret'), BINDING, now);
  expect(statSync(ringFile(dataDir)).mode & 0o777).toBe(0o600);
  const text = readFileSync(ringFile(dataDir), 'utf8');
  const { payload } = (await open()).sealing.open('otpk1', blob, BINDING);
  expect(Buffer.from(payload).toString()).toBe('secret');
  expect(readFileSync(ringFile(dataDir), 'utf8')).toBe(text);
});

it('never makes one with a shared store: the start is refused, and says what to do', async () => {
  const redisUrl = 'redis://127.0.0.1:6379';
  const missing = /--sealing-keys: there is no .*: copy the file of another instance .*`otpd sealing-keys add`.*every instance/;
  await expect(open({ redisUrl })).rejects.toThrow(missing);
  expect(statSync(ringFile(dataDir), { throwIfNoEntry: false })).toBeUndefined();
  writeFileSync(ringFile(dataDir), formatRing([keyOf(1)]));
  await expect(open({ redisUrl })).resolves.toBeDefined();
});

it('uses the configured file, and never makes it', async () => {
  const sealingKeys = join(dataDir, 'given');
  await expect(open({ sealingKeys })).rejects.toThrow(`--sealing-keys: there is no ${sealingKeys}`);
  writeFileSync(sealingKeys, formatRing([keyOf(7)]));
  const { sealing } = await open({ sealingKeys });
  const blob = sealing.seal('otpk1', Buffer.alloc(1), BINDING, now);
  expect(Buffer.from(blob.slice(6), 'base64url').toString('hex', 0, 4)).toBe(keyOf(7).id);
  expect(statSync(ringFile(dataDir), { throwIfNoEntry: false })).toBeUndefined();
});

it('makes no new ring where one was in use and is lost', async () => {
  const used = createMemoryStore();
  await used.sealingKeys.noteDays(new Map([['828e2ad3', 20_000]]));
  await expect(open({}, used)).rejects.toThrow(
    /there is no .*sealing-keys, and keys were sealed under 828e2ad3: restore the file/,
  );
  expect(statSync(ringFile(dataDir), { throwIfNoEntry: false })).toBeUndefined();
});

it('stores the days on which keys seal and open, once a day, and again if that failed', async () => {
  const calls: [string, number][][] = [];
  let isAway = true;
  const sealingKeys: typeof store.sealingKeys = {
    lastDays: async () => new Map(),
    async noteDays(days) {
      if (isAway) throw new StoreUnavailableError(new Error('away'));
      calls.push([...days]);
    },
  };
  const { sealing, flush } = await open({}, { ...store, sealingKeys });
  await flush();
  const [{ id } = expect.fail('no key')] = readRingFile(ringFile(dataDir), 'x');
  const blob = sealing.seal('otpk1', Buffer.alloc(1), BINDING, now);
  await expect(flush()).rejects.toThrow(StoreUnavailableError);
  isAway = false;
  await flush();
  sealing.open('otpk1', blob, BINDING);
  await flush();
  now += 1000;
  sealing.open('otpk1', blob, BINDING);
  await flush();
  const day = Math.floor(START / DAY);
  expect(calls).toEqual([[[id, day]], [[id, day + 1]]]);
});

it('stores the later day if a key was used again while an earlier day could not be stored', async () => {
  const told: (readonly [string, number])[] = [];
  const first = Promise.withResolvers<void>();
  let isFirst = true;
  const sealingKeys: typeof store.sealingKeys = {
    lastDays: async () => new Map(),
    async noteDays(days) {
      if (isFirst) await first.promise;
      told.push(...days);
    },
  };
  const { sealing, flush } = await open({}, { ...store, sealingKeys });
  const [{ id } = expect.fail('no key')] = readRingFile(ringFile(dataDir), 'x');
  sealing.seal('otpk1', Buffer.alloc(1), BINDING, now);
  const flushing = flush();
  now += DAY;
  sealing.seal('otpk1', Buffer.alloc(1), BINDING, now);
  isFirst = false;
  first.reject(new StoreUnavailableError(new Error('away')));
  await expect(flushing).rejects.toThrow(StoreUnavailableError);
  await flush();
  expect(told).toEqual([[id, Math.floor(now / DAY)]]);
});
