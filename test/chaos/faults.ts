/** Faults of a store in use: how each begins and ends. */
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

/** Returns the faults of Redis after which it still has all its data. */
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

/** Returns the Redis of a cluster; throws if it has none. */
export function redisOf({ redis }: Cluster): RedisServer {
  if (redis === undefined) throw new Error('the cluster has no Redis');
  return redis;
}

/** Returns the faults of the database file. */
export function sqliteFaults(cluster: Cluster): Fault[] {
  let locked: DatabaseSync | undefined;
  const limitFiles = (bytes: string): void => {
    for (const { pid } of cluster.instances) execFileSync('prlimit', [`--pid=${pid()}`, `--fsize=${bytes}:unlimited`]);
  };
  return [
    {
      name: 'locked',
      begin: () => {
        // Waits for the lock as the other connections do.
        locked = new DatabaseSync(cluster.databaseFile, { timeout: 5000 });
        locked.exec('BEGIN IMMEDIATE');
      },
      end: () => {
        locked?.exec('ROLLBACK');
        locked?.close();
      },
    },
    // Writing fails as on a full disk, without the right to mount one.
    { name: 'on a disk that takes no more', begin: () => limitFiles('1'), end: () => limitFiles('unlimited') },
  ];
}

/** Returns the faults of a database on a separate disk. */
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
