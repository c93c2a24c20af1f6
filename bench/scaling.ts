/** Measures what a call costs as one thing grows, all else left as it is. */
import { startCrowd } from './crowd-process.ts';
import { fillKeys, fillSecrets } from './fill.ts';
import { launch } from './launch.ts';
import type { Code } from './load/bodies.ts';
import { CONNECTIONS, type Serving } from './rows.ts';

/** One size of what grows. */
export interface Case {
  readonly keys: number;
  readonly connections: number;
  readonly secrets: number;
  readonly code: Code;
}

/** What it cost. */
export interface Point {
  readonly size: number;
  readonly cpuMicros: number;
  readonly callsPerSecond: number;
  readonly idleMiB: number;
  readonly loadedMiB: number;
}

/** What grows, and how far. */
export interface Series {
  readonly title: string;
  readonly unit: string;
  readonly sizes: readonly number[];
  readonly of: (size: number) => Case;
}

/** Calls at any time; the product takes no more on one connection. */
const UNDER_WAY = 100;
const MEBIBYTE = 2 ** 20;
const SERVING: Serving = { kind: 'product', limits: true, logs: true };
const PLAIN: Case = { keys: 1, connections: CONNECTIONS, secrets: 0, code: 'none' };
/** More requests than a server answers in a second. */
const REQUESTS_PER_SECOND = 30_000;

export const SERIES: readonly Series[] = [
  { title: 'Token', unit: 'API keys in use', sizes: [10, 1000, 100_000], of: (keys) => ({ ...PLAIN, keys }) },
  { title: 'Token', unit: 'connections', sizes: [1, 100, 1000], of: (connections) => ({ ...PLAIN, connections }) },
  {
    title: 'Verify',
    unit: 'secrets seen before',
    sizes: [1000, 100_000, 1_000_000],
    of: (secrets) => ({ ...PLAIN, secrets, code: 'wrong' }),
  },
];

/** Fills a store, starts the product on it, and loads it; as many calls are under way whatever the number of connections. */
export async function measureCase(size: number, { keys, connections, secrets, code }: Case, seconds: number): Promise<Point> {
  let apiKeys: readonly string[] = [];
  const launched = await launch(SERVING, (dataDir) => {
    apiKeys = fillKeys(dataDir, keys);
    if (secrets > 0) fillSecrets(dataDir, secrets);
  });
  const { server, folder } = launched;
  try {
    const idleMiB = server.residentBytes() / MEBIBYTE;
    const streams = Math.max(1, Math.round(UNDER_WAY / connections));
    const crowd = await startCrowd({ address: server.address, apiKeys, guarded: true, connections, streams, code }, folder);
    try {
      // So long that every key was used before the clock starts: first uses are another figure.
      for (let warm = 0; warm < Math.max(1, keys); ) {
        await crowd.prepare(REQUESTS_PER_SECOND * 2);
        warm += (await crowd.run(2)).calls;
      }
      await crowd.prepare(Math.ceil(REQUESTS_PER_SECOND * seconds));
      const before = server.cpuMicros();
      const { calls, seconds: taken } = await crowd.run(seconds);
      const cpuMicros = (server.cpuMicros() - before) / calls;
      return { size, cpuMicros, callsPerSecond: calls / taken, idleMiB, loadedMiB: server.residentBytes() / MEBIBYTE };
    } finally {
      crowd.close();
    }
  } finally {
    await launched.stop();
  }
}
