/** Measures one row once: a fresh server, a real call, a warm-up, the load, a real call, and the server's own figures. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { failuresIn } from './call-log.ts';
import { checkCall } from './checks.ts';
import { fillSecrets } from './fill.ts';
import { type Launched, launch } from './launch.ts';
import { batchCrowd, generatorFor, withBatches, withStorm } from './load-server.ts';
import { withPostMortem } from './post-mortem.ts';
import { CONNECTIONS, type Row, type Serving, STREAMS } from './rows.ts';
import { latencies } from './statistics.ts';

/** The figures of a row in one round. */
export interface Figures {
  /** Undefined if calls of two kinds share the time. */
  readonly cpuMicros: number | undefined;
  readonly callsPerSecond: number;
  /** In ms. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly residentBytes: number;
  /** The longest time for which the event loop was blocked, in ms; undefined if it is not watched. */
  readonly longestBlockMs: number | undefined;
  /** CPU time that the metrics of a call take of the main thread; undefined if they are not switched on and off. */
  readonly metricsMicros: number | undefined;
  readonly pictureBytes: number | undefined;
  /** Round trips to Redis per call; undefined without Redis. */
  readonly roundTrips: number | undefined;
  /** CPU time of all nodes of Redis per call; undefined without Redis. */
  readonly redisMicros: number | undefined;
}

/** How often a load may end with calls in progress, which the server sees as abandoned. */
const RUNS = 4;

/** Throws if a server failed or an answer was wrong. */
export async function measure(row: Row, seconds: number, warmUp: number): Promise<Figures> {
  const { seen } = row.serving;
  const launched = await launch(row.serving, (dataDir) => {
    if (seen === undefined) return;
    fillSecrets(dataDir, seen, { answered: true });
  });
  try {
    return await withPostMortem(launched, () => measureOn(launched, row, seconds, warmUp));
  } finally {
    await launched.stop();
  }
}

async function measureOn(launched: Launched, { serving, load }: Row, seconds: number, warmUp: number): Promise<Figures> {
  const { server, redis } = launched;
  const answer = await checkCall(launched, serving, load);
  const generator = await generatorFor(launched, serving, load, answer);
  const batches = load.batches === undefined ? undefined : await batchCrowd(launched, load.batches);
  try {
    const alone = await stormy(launched, load.storm, (time) => generator.run(time));
    const run = batches === undefined ? alone : (time: number) => withBatches(batches, time, () => alone(time));
    await run(warmUp);
    await ownFigures(launched, serving);
    const tripsAtRest = await tripsASecond(redis);
    const tripsBefore = await redis?.roundTrips();
    const before = server.cpuMicros();
    const redisBefore = redis?.cpuMicros();
    const { calls: answered, seconds: taken, micros } = await run(seconds);
    const calls = answered * (load.items ?? 1);
    const isShared = load.storm !== undefined || load.batches !== undefined;
    const cpuMicros = isShared ? undefined : (server.cpuMicros() - before) / calls;
    const redisAfter = redis?.cpuMicros();
    const redisMicros = redisAfter === undefined || redisBefore === undefined ? undefined : (redisAfter - redisBefore) / calls;
    const trips = await redis?.roundTrips();
    const roundTrips =
      trips === undefined || tripsBefore === undefined ? undefined : (trips - tripsBefore - tripsAtRest * taken) / calls;
    const { longestMs: longestBlockMs, metricsMicros } = await ownFigures(launched, serving);
    const residentBytes = server.residentBytes();
    await checkCall(launched, serving, load);
    checkLog(launched, serving, generator.refused);
    const { pictureBytes } = answer;
    const perSecond = { callsPerSecond: calls / taken, ...latencies(micros) };
    return { cpuMicros, ...perSecond, residentBytes, longestBlockMs, metricsMicros, pictureBytes, roundTrips, redisMicros };
  } finally {
    generator.close();
    batches?.close();
  }
}

/** Round trips that belong to no call: the server checks its store at intervals. */
async function tripsASecond(redis: Launched['redis']): Promise<number> {
  if (redis === undefined) return 0;
  const before = await redis.roundTrips();
  const begun = performance.now();
  await sleep(1000);
  return ((await redis.roundTrips()) - before) / ((performance.now() - begun) / 1000);
}

/** The same run beside a storm of Generate calls, if the row has one. */
async function stormy<T>(
  launched: Launched,
  storm: number | undefined,
  run: (seconds: number) => Promise<T>,
): Promise<typeof run> {
  if (storm === undefined) return run;
  const answer = await checkCall(launched, { kind: 'product' }, { call: 'generate-png' });
  return (seconds) => withStorm(launched, answer, storm, seconds, () => run(seconds));
}

/** The figures of the server itself; the longest block is that since the last call of this function. */
async function ownFigures(
  { server, figuresFile }: Launched,
  { watched, metrics }: Serving,
): Promise<{ readonly longestMs?: number; readonly metricsMicros?: number }> {
  if (!watched && metrics !== 'switched') return {};
  rmSync(figuresFile, { force: true });
  server.signal('SIGUSR2');
  for (let tries = 0; tries < 200; tries += 1) {
    if (existsSync(figuresFile)) return JSON.parse(readFileSync(figuresFile, 'utf8'));
    await sleep(10);
  }
  throw new Error('the server does not say its own figures');
}

/** Checks the log of a server that has one: it must have every failure, and only those of the load and of the few calls that are refused. */
function checkLog({ log }: Launched, { logs }: Serving, expected: number): void {
  const { failed, refused, left, faults } = failuresIn(readFileSync(log, 'utf8'));
  const bad = failed + faults + Math.abs(refused - (logs ? expected : 0));
  if (bad > 0 || left > RUNS * CONNECTIONS * STREAMS)
    throw new Error(`by its log the server failed ${bad} calls, and ${left} were left`);
}
