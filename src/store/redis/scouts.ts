/** Connections to servers that know the masters: sentinels, or nodes of a Cluster. All are asked at once, and some may be unreachable. */
import { type Connection, type RedisTls, type StartedConnection, startConnection, textOf } from './connection.ts';
import { reasonOf } from './error.ts';
import type { RedisAddress } from './url.ts';

/** More scouts would cost more and show nothing more. */
const MOST_SCOUTS = 12;

export interface Answers<T> {
  readonly given: readonly T[];
  /** Why the others gave no answer. */
  readonly failures: readonly string[];
}

export interface Scouts {
  /** Asks all scouts; waits for each for 200 ms at most. */
  ask<T>(question: (connection: Connection, address: RedisAddress) => Promise<T>): Promise<Answers<T>>;
  /** Replaces the scouts. */
  follow(addresses: readonly RedisAddress[]): void;
  readonly addresses: () => readonly RedisAddress[];
  close(): Promise<void>;
}

/** Connects to the servers, and reconnects to each that is lost. */
export function createScouts(first: readonly RedisAddress[], tls: RedisTls): Scouts {
  const scouts = new Map<string, StartedConnection & { readonly address: RedisAddress }>();

  function follow(addresses: readonly RedisAddress[]): void {
    const wanted = new Map(addresses.slice(0, MOST_SCOUTS).map((address) => [textOf(address), address]));
    for (const [name, { connection }] of scouts) {
      if (wanted.has(name)) continue;
      scouts.delete(name);
      void connection.close();
    }
    for (const [name, address] of wanted) {
      if (scouts.has(name)) continue;
      const started = startConnection(address, tls);
      started.ready.catch(() => undefined);
      scouts.set(name, { ...started, address });
    }
  }

  follow(first);
  return {
    async ask<T>(question: (connection: Connection, address: RedisAddress) => Promise<T>) {
      const given: T[] = [];
      const failures: string[] = [];
      await Promise.all(
        [...scouts.values()].map(async ({ connection, address, whyLost }) => {
          try {
            given.push(await question(connection, address));
          } catch (error) {
            const isConnected = connection.redis.status === 'ready';
            failures.push(`${textOf(address)}: ${isConnected ? reasonOf(error) : (whyLost() ?? 'not connected')}`);
          }
        }),
      );
      return { given, failures };
    },
    follow,
    addresses: () => [...scouts.values()].map(({ address }) => address),
    async close() {
      await Promise.all([...scouts.values()].map(({ connection }) => connection.close()));
    },
  };
}
