/** Measures the cost of a call as one quantity grows and all else stays the same. The sizes take turns, so that a busy machine is equally busy for each. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type CrowdProcess, startCrowd } from './crowd-process.ts';
import { fillKeys, fillSecrets } from './fill.ts';
import { type Launched, launch } from './launch.ts';
import type { Code } from './load/bodies.ts';
import { withPostMortem } from './post-mortem.ts';

/** A size of the quantity that grows. */
export interface Case {
  readonly keys: number;
  readonly connections: number;
  readonly underWay: number;
  /** Calls per second at even intervals, instead of as many in progress as possible. */
  readonly rate?: number;
  readonly secrets: number;
  readonly code: Code;
}

/** The cost at one size, a figure for each round. */
export interface Point {
  readonly size: number;
  readonly cpuMicros: readonly number[];
  readonly callsPerSecond: readonly number[];
  /** Resident memory: before the first call, the maximum right after a load, and a while after the last load. */
  readonly idleMiB: number;
  readonly loadedMiB: number;
  readonly afterMiB: number;
}

export interface Effort {
  readonly rounds: number;
  readonly seconds: number;
}

/** A size with its running server and its connected callers. */
interface Station {
  readonly size: number;
  readonly launched: Launched;
  readonly crowd: CrowdProcess;
  readonly idleMiB: number;
  /** The last measured rate. A run gets a few more requests than this rate needs. */
  perSecond: number;
}

const MEBIBYTE = 2 ** 20;
const WARM_UP_S = 3;
const LONGEST_WARM_UP_MS = 30_000;
/** More calls than a server answers in a second. */
const FIRST_GUESS = 20_000;
const HEADROOM = 1.6;
/** How long a server rests before its memory is measured, in ms. */
const REST_MS = 2000;

/** Starts a server for each size, and loads the servers in turns. */
export async function measureSizes(cases: ReadonlyMap<number, Case>, effort: Effort): Promise<Point[]> {
  const stations: Station[] = [];
  try {
    for (const [size, each] of cases) stations.push(await open(size, each));
    const rounds: Awaited<ReturnType<typeof measureOnce>>[][] = stations.map(() => []);
    for (let round = 0; round < effort.rounds; round += 1) {
      // Every other round runs backwards.
      const order = [...stations.entries()];
      for (const [i, station] of round % 2 === 0 ? order : order.toReversed()) {
        rounds[i]?.push(await withPostMortem(station.launched, () => measureOnce(station, effort.seconds)));
      }
    }
    for (const { crowd } of stations) crowd.close();
    await sleep(REST_MS);
    return stations.map(({ size, idleMiB, launched }, i) => ({
      size,
      cpuMicros: rounds[i]?.map(({ cpuMicros }) => cpuMicros) ?? [],
      callsPerSecond: rounds[i]?.map(({ callsPerSecond }) => callsPerSecond) ?? [],
      idleMiB,
      loadedMiB: Math.max(...(rounds[i]?.map(({ residentMiB }) => residentMiB) ?? [])),
      afterMiB: residentMiB(launched),
    }));
  } finally {
    for (const { crowd, launched } of stations) {
      crowd.close();
      await launched.stop();
    }
  }
}

async function open(size: number, { keys, connections, underWay, rate, secrets, code }: Case): Promise<Station> {
  let apiKeys: readonly string[] = [];
  const launched = await launch({ kind: 'installed', limits: true, logs: true }, (dataDir) => {
    apiKeys = fillKeys(dataDir, keys);
    if (secrets > 0) fillSecrets(dataDir, secrets);
  });
  return withPostMortem(launched, async () => {
    const idleMiB = residentMiB(launched);
    const who = { address: launched.server.address, apiKeys, guarded: true, connections, underWay, rate, code };
    const crowd = await startCrowd(who, launched.folder);
    const station: Station = { size, launched, crowd, idleMiB, perSecond: FIRST_GUESS };
    await warmUp(station, keys);
    return station;
  }).catch(async (error: unknown) => {
    await launched.stop().catch(() => undefined);
    throw error;
  });
}

/**
 * Loads the server until each key was used, since the first use of a key is a separate figure. On a slow machine, the measurement includes some first
 * uses.
 */
async function warmUp(station: Station, keys: number): Promise<void> {
  const endsAt = performance.now() + LONGEST_WARM_UP_MS;
  for (let used = 0; used < keys && performance.now() < endsAt; ) used += (await run(station, WARM_UP_S)).calls;
}

async function measureOnce(station: Station, seconds: number) {
  const { server } = station.launched;
  await run(station, seconds / 4);
  const before = server.cpuMicros();
  const { calls, seconds: taken } = await run(station, seconds);
  return {
    cpuMicros: (server.cpuMicros() - before) / calls,
    callsPerSecond: calls / taken,
    residentMiB: residentMiB(station.launched),
  };
}

async function run(station: Station, seconds: number) {
  await station.crowd.prepare(Math.ceil(station.perSecond * HEADROOM * seconds) + 100);
  const outcome = await station.crowd.run(seconds);
  station.perSecond = outcome.calls / outcome.seconds;
  return outcome;
}

function residentMiB({ server }: Launched): number {
  return server.residentBytes() / MEBIBYTE;
}
