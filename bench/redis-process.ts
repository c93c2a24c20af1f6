/** A redis-server of the bench's own, on the core of the load: it appends every write to its file, as it should for one-time use. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { freePort } from '../test/support/free-port.ts';
import { adopt } from './cleanup.ts';
import { pinned } from './pinning.ts';

export interface RedisProcess {
  readonly url: string;
  /** Round trips so far, by Redis' own count: the product asks it nothing but scripts. */
  readonly roundTrips: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

/** Starts it with its files in `folder`. */
export async function startRedis(folder: string): Promise<RedisProcess> {
  const port = await freePort();
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes'];
  const [file, ...args] = pinned('load', ['redis-server', ...settings]);
  const child = adopt(spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] }));
  const ended = once(child, 'exit');
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (text) => String(text).includes('Ready to accept connections') && resolve());
  });
  await Promise.race([ready, ended.then(([code]) => Promise.reject(new Error(`redis-server ended at its start (${code})`)))]);
  return {
    url: `redis://127.0.0.1:${port}`,
    async roundTrips() {
      const socket = connect(port, '127.0.0.1');
      socket.end('INFO commandstats\r\nQUIT\r\n');
      return scriptCalls(await text(socket));
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** How often a script was called. Commands that a script calls are not round trips. */
export function scriptCalls(commandStats: string): number {
  const calls = commandStats.matchAll(/^cmdstat_(?:eval|evalsha)(?:_ro)?:calls=(\d+),/gm);
  return [...calls].reduce((sum, [, count]) => sum + Number(count), 0);
}
