/** Opens the configured store: the embedded file, or the store that several instances share. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Store, StoreUnavailableError } from '../ports/store.ts';
import type { OpenLoss } from './redis/accept-loss.ts';
import { openSqliteStore } from './sqlite/store.ts';

/** The location of the state. */
export interface StoreLocation {
  readonly dataDir: string;
  /** The shared store to use instead of the embedded one. */
  readonly redis?: RedisLocation | undefined;
}

/** A Redis or Valkey, and how to connect to it. */
export interface RedisLocation {
  /** Never show it, since it may contain a password. */
  readonly url: string;
  /** The number of replicas that must have a judgement before it is answered. */
  readonly waitReplicas: number;
  /** Paths of PEM files, for `rediss…`. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** The database of the embedded store below a data folder. */
export function databaseFile(dataDir: string): string {
  return join(dataDir, 'otpd.db');
}

/**
 * Opens the store. If it cannot be used, such as a damaged or newer file, or an unreachable or unsuitable Redis, rejects with an error whose message has the
 * remedy. `onWarning` is called with warnings for the operator; `onLost` is called when a shared store has lost its state, and must forget all that was read from it.
 */
export async function openStore(
  { dataDir, redis }: StoreLocation,
  onWarning: (text: string) => void,
  onLost?: (error: StoreUnavailableError) => void,
): Promise<Store> {
  if (redis === undefined) return openSqliteStore({ file: databaseFile(dataDir) });
  // Loaded only if it is used: the embedded store starts faster without it.
  const { openRedisStore } = await import('./redis/store.ts');
  return openRedisStore({ ...readRedis(redis), onWarning, onLost });
}

/** Examines which part of its state a Redis Cluster has lost. Rejects with an error whose message has the remedy if that is not possible. */
export async function openLoss(redis: RedisLocation, onWarning: (text: string) => void): Promise<OpenLoss> {
  const { openClusterLoss } = await import('./redis/accept-loss.ts');
  return openClusterLoss({ ...readRedis(redis), onWarning });
}

function readRedis({ url, waitReplicas, ...files }: RedisLocation) {
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file, 'utf8'));
  return { url, waitReplicas, tls: { ca: read(files.ca), cert: read(files.cert), key: read(files.key) } };
}
