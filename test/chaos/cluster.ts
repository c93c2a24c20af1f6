/** Several instances of otpd on one store, with API keys, an audit trail and a folder. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { ensureRingFile, ringFile } from '../../src/app/ring-file.ts';
import { issueApiKey } from '../../src/auth/api-key.ts';
import type { Store } from '../../src/ports/store.ts';
import { databaseFile } from '../../src/store/open.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { createFingerprints, type Fingerprints } from '../../src/verification/fingerprint.ts';
import { mountDisk } from '../support/disk.ts';
import { type RedisServer, redisSuite, startRedis } from '../support/redis.ts';
import { runCommand } from './command.ts';
import type { Random } from './form.ts';
import { createInstance, type Instance, whileRedisIsSlow } from './instance.ts';

/** Redis syncs its file before it answers, so that a kill loses nothing. It writes plain text, so that a search works. */
const REDIS_SETTINGS = ['--appendonly', 'yes', '--appendfsync', 'always', '--rdbcompression', 'no'];

/** The number of instances, and their store. */
export interface Shape {
  readonly name: string;
  readonly store: 'sqlite' | 'redis';
  readonly instances: number;
}

export const ONE_PROCESS: Shape = { name: 'one process', store: 'sqlite', instances: 1 };
export const FOUR_ON_SQLITE: Shape = { name: 'four processes with one SQLite file', store: 'sqlite', instances: 4 };
export const FOUR_ON_REDIS: Shape = { name: 'four processes with one Redis', store: 'redis', instances: 4 };

export interface Cluster extends AsyncDisposable {
  readonly instances: readonly Instance[];
  /** Three API keys of the plan `unlimited`, with all scopes. */
  readonly apiKeys: readonly string[];
  /** The Redis of the cluster; undefined with SQLite or an existing Redis. */
  readonly redis: RedisServer | undefined;
  /** The folder of the database, the fingerprint key and the audit trail. */
  readonly folder: string;
  readonly databaseFile: string;
  readonly auditLog: string;
  /** The environment of a command that uses the same store. */
  readonly env: Readonly<Record<string, string>>;
  readonly fingerprints: Fingerprints;
}

export interface ClusterOptions {
  /** How far the clock of each instance is ahead, in ms; by default 0. */
  readonly skewMs?: readonly number[];
  /** Puts the database on a small separate disk. */
  readonly ownDisk?: boolean;
  /** The number of connections from the caller to each instance. */
  readonly connections?: number;
  /** The URL of an existing Redis, which the cluster does not stop. */
  readonly redisUrl?: string;
  /** Returns further variables for the instance at this place. */
  readonly more?: (place: number) => Readonly<Record<string, string>>;
  /** The file that starts another version of otpd. That version makes the store and its API keys, and all instances begin with it. */
  readonly main?: string;
}

/** Runs a suite on each shape. The shapes on Redis need redis-server. */
export function eachShape(name: string, shapes: readonly Shape[], suite: (shape: Shape) => void): void {
  for (const shape of shapes) {
    const start = shape.store === 'redis' ? redisSuite : describe;
    start(`${name}: ${shape.name}`, () => suite(shape));
  }
}

/** Starts a cluster with new API keys and a new fingerprint key. */
export async function startCluster(
  { store: kind, instances: count }: Pick<Shape, 'store' | 'instances'>,
  random: Random,
  { skewMs = [], ownDisk = false, connections = 1, redisUrl, more, main }: ClusterOptions = {},
): Promise<Cluster> {
  await using parts = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'otpd-chaos-'));
  parts.defer(() => rmSync(folder, { recursive: true }));
  const isOwn = kind === 'redis' && redisUrl === undefined;
  const redis = isOwn ? parts.adopt(await startRedis(REDIS_SETTINGS), (one) => one.stop()) : undefined;
  const url = redis?.url ?? redisUrl;
  const key = random.bytes(32);
  const auditLog = join(folder, 'audit.jsonl');
  const env = {
    OTPD_DATA_DIR: join(folder, 'data'),
    OTPD_AUDIT_LOG: auditLog,
    OTPD_FINGERPRINT_KEY_FILE: join(folder, 'fingerprint.key'),
    ...(url !== undefined && { OTPD_REDIS_URL: url }),
  };
  mkdirSync(env.OTPD_DATA_DIR);
  if (ownDisk) parts.defer(mountDisk(env.OTPD_DATA_DIR));
  if (url !== undefined) ensureRingFile(ringFile(env.OTPD_DATA_DIR), Date.now());
  writeFileSync(env.OTPD_FINGERPRINT_KEY_FILE, Buffer.from(key).toString('hex'), { mode: 0o600 });

  const file = databaseFile(env.OTPD_DATA_DIR);
  const open = () => (url === undefined ? openSqliteStore({ file }) : openRedisStore({ url, onWarning: () => undefined }));
  const apiKeys = await (main === undefined ? makeApiKeys(await whileRedisIsSlow(async () => open())) : makeApiKeysBy(main, env));
  const instances = await Promise.all(
    Array.from({ length: count }, (_, place) => createInstance({ ...env, ...more?.(place) }, skewMs[place] ?? 0, connections)),
  );
  parts.defer(async () => void (await Promise.all(instances.map((one) => one.close()))));
  await Promise.all(instances.map((one) => one.start(main)));
  const owned = parts.move();
  return {
    instances,
    apiKeys,
    redis,
    folder,
    databaseFile: file,
    auditLog,
    env,
    fingerprints: createFingerprints(key),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Returns the element at a place, counted in rotation. */
export function around<T>(all: readonly T[], place: number): T {
  return all[place % all.length] as T;
}

const SCOPES = ['generate', 'token', 'verify'] as const;

async function makeApiKeys(store: Store): Promise<string[]> {
  const issued = [1, 2, 3].map((number) =>
    issueApiKey({ name: `chaos ${number}`, plan: 'unlimited', scopes: SCOPES }, Date.now()),
  );
  try {
    for (const { record } of issued) await store.keys.insert(record);
  } finally {
    await store.close();
  }
  return issued.map(({ apiKey }) => apiKey);
}

async function makeApiKeysBy(main: string, env: Readonly<Record<string, string>>): Promise<string[]> {
  const apiKeys: string[] = [];
  for (const number of [1, 2, 3]) {
    const args = ['keys', 'create', '--name', `chaos ${number}`, '--plan', 'unlimited', '--scopes', SCOPES.join(',')];
    const create = async (): Promise<string> => {
      const { out, err, code } = await runCommand(main, env, args);
      if (code !== 0) throw new Error(`no API key: ${err}`);
      return out.trim();
    };
    apiKeys.push(await whileRedisIsSlow(create));
  }
  return apiKeys;
}
