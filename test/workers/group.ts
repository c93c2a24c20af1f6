/** An `otpd serve` with several workers on a new store, its API keys, and callers whose connections reach all workers. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureRingFile, ringFile } from '../../src/app/ring-file.ts';
import { issueApiKey } from '../../src/auth/api-key.ts';
import { databaseFile } from '../../src/store/open.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { createInstance, type Instance } from '../chaos/instance.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import type { RedisServer } from '../support/redis.ts';

/** Without a separate pool, each client would share the connection of the first. */
const OWN_CONNECTION = { 'grpc.use_local_subchannel_pool': 1 };

export const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
/** The plans: 50 calls an hour, 40 a month, or any number. */
const PLANS = { tiny: { hour: 50 }, paid: { month: 40 }, unlimited: {} };

export interface Group extends AsyncDisposable {
  readonly instance: Instance;
  readonly folder: string;
  readonly auditLog: string;
  /** An API key of each plan, known before the start. */
  readonly apiKeys: Readonly<Record<keyof typeof PLANS, string>>;
  /** Returns the ids of the serving processes. */
  readonly pids: () => number[];
  /** Returns the numbers of the workers that have ended a call, from the log. */
  readonly served: () => Set<number>;
  /** Makes clients with a connection each, which are closed with the group. */
  readonly connect: (count: number, apiKey: string) => TestClient[];
}

/** Starts this many workers. Connections are assigned in rotation, so a multiple of their number reaches each worker equally. */
export async function startGroup(workers: number, env: Record<string, string> = {}, redis?: RedisServer): Promise<Group> {
  await using parts = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'otpd-workers-'));
  parts.defer(() => rmSync(folder, { recursive: true }));
  const auditLog = join(folder, 'audit.jsonl');
  const all = {
    OTPD_WORKERS: String(workers),
    OTPD_DATA_DIR: folder,
    OTPD_AUDIT_LOG: auditLog,
    OTPD_PLANS: join(folder, 'plans.json'),
    ...(redis && { OTPD_REDIS_URL: redis.url, OTPD_FINGERPRINT_KEY_FILE: join(folder, 'shared.key') }),
    ...env,
  };
  writeFileSync(all.OTPD_PLANS, JSON.stringify(PLANS));
  writeFileSync(join(folder, 'shared.key'), 'ab'.repeat(32));
  // With a shared store the operator makes the ring, since no instance makes one.
  if (redis) ensureRingFile(ringFile(folder), Date.now());
  const store = redis
    ? await openRedisStore({ url: redis.url, onWarning: () => undefined })
    : openSqliteStore({ file: databaseFile(folder) });
  const issue = async (plan: string): Promise<string> => {
    const { apiKey, record } = issueApiKey({ name: plan, plan, scopes: ['generate', 'token', 'verify'] }, Date.now());
    await store.keys.insert(record);
    return apiKey;
  };
  const apiKeys = { tiny: await issue('tiny'), paid: await issue('paid'), unlimited: await issue('unlimited') };
  await store.close();

  const instance = await createInstance(all, 0, 16);
  parts.defer(() => instance.close());
  await instance.start();
  const clients: TestClient[] = [];
  parts.defer(() => {
    for (const client of clients) client.close();
  });
  const owned = parts.move();
  return {
    instance,
    folder,
    auditLog,
    apiKeys,
    pids: () => childrenOf(instance.pid()),
    served: () => new Set(instance.log().flatMap(({ msg, worker }) => (msg === 'call' && worker !== undefined ? [worker] : []))),
    connect(count, apiKey) {
      const fresh = Array.from({ length: count }, () => createTestClient(instance.address, apiKey, undefined, OWN_CONNECTION));
      clients.push(...fresh);
      return fresh;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Calls Token this many times through each client, all at once; resolves to the number of calls by status. */
export async function callAll(
  clients: readonly TestClient[],
  times: number,
  request: object = { key },
): Promise<Record<string, number>> {
  const calls = clients.flatMap((client) => Array.from({ length: times }, () => client.call(methods.token, request)));
  const counts: Record<string, number> = {};
  for (const { code } of await Promise.all(calls)) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

/** Whether a process with this id runs. */
export function isAlive(pid: number): boolean {
  try {
    // A process that has ended but has not been waited for counts as gone.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
