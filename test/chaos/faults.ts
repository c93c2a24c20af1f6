/** Faults of a store that is in use: how each begins and ends. */
import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fillDisk } from '../support/disk.ts';
import type { RedisServer } from '../support/redis.ts';
import type { Cluster } from './cluster.ts';

export interface Fault {
  readonly name: string;
  readonly begin: () => Promise<void> | void;
  readonly end: () => Promise<void> | void;
}

/** Faults of Redis, from which it comes back with all that it held. */
export function redisFaults(cluster: Cluster): Fault[] {
  const redis = redisOf(cluster);
  const cli = (...words: string[]) => void redis.cli(...words);
  const withPassword = (...words: string[]) => cli('--no-auth-warning', '-a', 'another', ...words);
  return [
    { name: 'stopped', begin: redis.pause, end: redis.resume },
    { name: 'killed', begin: redis.kill, end: redis.restart },
    {
      name: 'out of memory',
      begin: () => cli('config', 'set', 'maxmemory', '1'),
      end: () => cli('config', 'set', 'maxmemory', '0'),
    },
    { name: 'a read-only replica', begin: () => cli('replicaof', '127.0.0.1', '1'), end: () => cli('replicaof', 'no', 'one') },
    {
      name: 'behind another password',
      begin: () => {
        cli('config', 'set', 'requirepass', 'another');
        withPassword('client', 'kill', 'type', 'normal');
      },
      end: () => withPassword('config', 'set', 'requirepass', ''),
    },
  ];
}

/** The Redis of a cluster that has one. */
export function redisOf({ redis }: Cluster): RedisServer {
  if (redis === undefined) throw new Error('the cluster has no Redis');
  return redis;
}

/** Faults of the file. */
export function sqliteFaults(cluster: Cluster): Fault[] {
  let locked: DatabaseSync | undefined;
  const limitFiles = (bytes: string): void => {
    for (const { pid } of cluster.instances) execFileSync('prlimit', [`--pid=${pid()}`, `--fsize=${bytes}:unlimited`]);
  };
  return [
    {
      name: 'locked',
      begin: () => {
        // Waits for its turn like everybody.
        locked = new DatabaseSync(cluster.databaseFile, { timeout: 5000 });
        locked.exec('BEGIN IMMEDIATE');
      },
      end: () => {
        locked?.exec('ROLLBACK');
        locked?.close();
      },
    },
    // Writing fails as on a full disk, which cannot be mounted everywhere.
    { name: 'on a disk that takes no more', begin: () => limitFiles('1'), end: () => limitFiles('unlimited') },
  ];
}

/** The fault of a file on a disk of its own. */
export function diskFaults(cluster: Cluster): Fault[] {
  let free = (): void => undefined;
  return [
    {
      name: 'full',
      begin: () => {
        free = fillDisk(dirname(cluster.databaseFile));
      },
      end: () => free(),
    },
  ];
}
