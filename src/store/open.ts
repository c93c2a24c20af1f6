/** Opens the store that the configuration names: the embedded file, or the one that several instances share. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Store, StoreUnavailableError } from '../ports/store.ts';
import type { OpenLoss } from './redis/accept-loss.ts';
import { openSqliteStore } from './sqlite/store.ts';

/** Where the state lies. */
export interface StoreLocation {
  readonly dataDir: string;
  /** The shared store to use instead of the embedded one. */
  readonly redis?: RedisLocation | undefined;
}

/** A Redis or Valkey, and how to reach it. */
export interface RedisLocation {
  /** May hold a password: never to be shown. */
  readonly url: string;
  /** How many replicas must hold a judgement before it is answered. */
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
 * Opens the store. Rejects with an error whose message says what to do if it cannot be used: a damaged or newer file, a Redis that is away or
 * not fit. `onWarning` is told what an operator should know about a store that can be used; `onLost` is called when a shared store turns out to
 * have lost its state, and must forget what was read from it.
 */
export async function openStore(
  { dataDir, redis }: StoreLocation,
  onWarning: (text: string) => void,
  onLost?: (error: StoreUnavailableError) => void,
): Promise<Store> {
  if (redis === undefined) return openSqliteStore({ file: databaseFile(dataDir) });
  // Loaded only where it is used: the embedded store starts quicker without it.
  const { openRedisStore } = await import('./redis/store.ts');
  return openRedisStore({ ...readRedis(redis), onWarning, onLost });
}

/** Looks what a Redis Cluster has lost of its state. Rejects with an error whose message says what to do if that cannot be told. */
export async function openLoss(redis: RedisLocation, onWarning: (text: string) => void): Promise<OpenLoss> {
  const { openClusterLoss } = await import('./redis/accept-loss.ts');
  return openClusterLoss({ ...readRedis(redis), onWarning });
}

function readRedis({ url, waitReplicas, ...files }: RedisLocation) {
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file, 'utf8'));
  return { url, waitReplicas, tls: { ca: read(files.ca), cert: read(files.cert), key: read(files.key) } };
}
