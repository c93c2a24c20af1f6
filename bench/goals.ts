/** The goals, as ratios and figures of one round; each is met or missed by the median over the rounds. */
import type { Figures } from './measure.ts';
import { type Spread, spread } from './statistics.ts';

/** The figures of one round by the names of the rows. */
export type Round = ReadonlyMap<string, Figures>;

export interface Goal {
  readonly text: string;
  /** The figure in one round; NaN where a row it needs was not measured. */
  readonly figure: (round: Round) => number;
  readonly bound: number;
  readonly sense: 'at most' | 'at least';
}

/** A goal and how it was met. */
export interface Verdict {
  readonly goal: Goal;
  readonly figure: Spread;
  readonly met: boolean;
}

export const GOALS: readonly Goal[] = [
  goal('1  Token, CPU a call: ours / bare', ratio('cpuMicros', 'token', 'bare-token'), 'at most', 1.3),
  goal('1  Verify of a wrong code, CPU a call: ours / bare', ratio('cpuMicros', 'verify-wrong', 'bare-verify'), 'at most', 1.7),
  goal(
    '1  The least Token, CPU a call: code and messages alone / bare',
    ratio('cpuMicros', 'least-token', 'bare-token'),
    'at most',
    1.3,
  ),
  goal(
    '1  The least Verify, CPU a call: codes, messages and judgement alone / bare',
    ratio('cpuMicros', 'least-verify', 'bare-verify'),
    'at most',
    1.7,
  ),
  goal('1  Token, calls/s: ours / naive', ratio('callsPerSecond', 'token', 'naive-token'), 'at least', 1.3),
  goal(
    '1  Verify of a wrong code, calls/s: ours / naive',
    ratio('callsPerSecond', 'verify-wrong', 'naive-verify'),
    'at least',
    1.2,
  ),
  goal('1  The same without the fast path: Token to bare', ratio('cpuMicros', 'token-grpc-js', 'bare-token'), 'at most', 1.75),
  goal('1  Verify to bare', ratio('cpuMicros', 'verify-wrong-grpc-js', 'bare-verify'), 'at most', 2.5),
  goal('1  Token to naive', ratio('callsPerSecond', 'token-grpc-js', 'naive-token'), 'at least', 0.95),
  goal('1  Verify to naive', ratio('callsPerSecond', 'verify-wrong-grpc-js', 'naive-verify'), 'at least', 0.8),
  goal(
    '8  JSON Token by HTTP/1.1, CPU a call: ours / connect-node',
    ratio('cpuMicros', 'json-token-h1', 'connect-node-h1'),
    'at most',
    1.5,
  ),
  goal(
    '8  JSON Token by HTTP/2, CPU a call: ours / connect-node',
    ratio('cpuMicros', 'json-token-h2', 'connect-node-h2'),
    'at most',
    1.5,
  ),
  goal('8  APIVerve, CPU a call: ours / Fastify', ratio('cpuMicros', 'apiverve', 'fastify-apiverve'), 'at most', 2),
  goal('8  2faotp.live, CPU a call: ours / Fastify', ratio('cpuMicros', '2faotp', 'fastify-2faotp'), 'at most', 2),
  goal('9  BatchToken, CPU a code: batches of 100 / Token', ratio('cpuMicros', 'batch-token', 'token'), 'at most', 0.25),
  goal(
    '9  BatchVerify of wrong codes, CPU a code, SQLite: batches of 100 / Verify',
    ratio('cpuMicros', 'batch-verify-seen', 'verify-seen'),
    'at most',
    0.4,
  ),
  goal('9  The same on Redis', ratio('cpuMicros', 'redis-batch-verify-wrong', 'redis-verify-wrong'), 'at most', 0.5),
  goal('9  Token at 1,000 calls/s, p99: with batches / without', ratio('p99', 'token-1000-batches', 'token-1000'), 'at most', 2),
  goal('9  Longest block of the event loop in ms, with batches', of('longestBlockMs', 'token-1000-batches'), 'at most', 1),
  goal(
    '10  Verify, CPU a call, 2,000 a second: Sentinel / one Redis',
    ratio('cpuMicros', 'cluster-sentinel', 'cluster-single'),
    'at most',
    1.15,
  ),
  goal(
    '10  Verify, CPU a call, 2,000 a second: Cluster / one Redis',
    ratio('cpuMicros', 'cluster-three', 'cluster-single'),
    'at most',
    1.15,
  ),
  goal(
    '10  The same, busy: Sentinel / one Redis',
    ratio('cpuMicros', 'cluster-sentinel-busy', 'cluster-single-busy'),
    'at most',
    1.15,
  ),
  goal(
    '10  The same, busy: Cluster / one Redis',
    ratio('cpuMicros', 'cluster-three-busy', 'cluster-single-busy'),
    'at most',
    1.15,
  ),
  goal(
    '11  Verify by 256 callers of a client, CPU a call: with batching / without',
    ratio('cpuMicros', 'coalesce-on', 'coalesce-off'),
    'at most',
    0.5,
  ),
  goal('12  Metrics of a Token, CPU µs', of('metricsMicros', 'token-switched'), 'at most', 2),
  goal('12  Metrics of a Verify, CPU µs', of('metricsMicros', 'verify-switched'), 'at most', 2),
  goal('2  Verify of right codes, calls/s: embedded', of('callsPerSecond', 'verify-right'), 'at least', 8000),
  goal('2  Verify of right codes, calls/s: Redis', of('callsPerSecond', 'redis-verify-right'), 'at least', 6000),
  goal('2  Round trips to Redis, a Verify of a right code', hundredths(of('roundTrips', 'redis-verify-right')), 'at most', 2),
  goal('3  Token, p99 in ms: 8 x 4, saturated', of('p99', 'token-8x4'), 'at most', 6),
  goal('3  Token, p99 in ms: 4,000 calls/s', of('p99', 'token-4000'), 'at most', 5),
  goal('3  Token, p99: with 20 PNGs under way / without', ratio('p99', 'token-4000-storm', 'token-4000'), 'at most', 3),
  goal('3  Longest block of the event loop in ms, with 20 PNGs', of('longestBlockMs', 'token-4000-storm'), 'at most', 2),
  goal('4  Generate with PNG, calls/s: ours / qrcode', ratio('callsPerSecond', 'generate-png', 'generate-qrcode'), 'at least', 4),
  goal('4  PNG at the default scale, bytes', of('pictureBytes', 'generate-png'), 'at most', 1023),
  goal('6  Token, calls/s: 2 workers / 1', ratio('callsPerSecond', 'token-workers-2', 'token-workers-1'), 'at least', 1.7),
];

/** The verdicts on the goals whose rows were measured. */
export function judgeGoals(rounds: readonly Round[], goals: readonly Goal[] = GOALS): Verdict[] {
  return goals.flatMap((each) => {
    const figure = spread(rounds.map(each.figure));
    return figure === undefined ? [] : [verdict(each, figure)];
  });
}

/** Whether a figure meets a goal. */
export function verdict(goal: Goal, figure: Spread): Verdict {
  const met = goal.sense === 'at most' ? figure.median <= goal.bound : figure.median >= goal.bound;
  return { goal, figure, met };
}

export function goal(text: string, figure: Goal['figure'], sense: Goal['sense'], bound: number): Goal {
  return { text, figure, sense, bound };
}

function of(name: keyof Figures, row: string): Goal['figure'] {
  return (round) => round.get(row)?.[name] ?? Number.NaN;
}

/** To two places: the few questions that the server asks of itself cannot be taken out to the last one. */
function hundredths(figure: Goal['figure']): Goal['figure'] {
  return (round) => Math.round(100 * figure(round)) / 100;
}

/** Of two figures of the same round: what changed on the machine between rounds is in both. */
function ratio(name: keyof Figures, ours: string, theirs: string): Goal['figure'] {
  return (round) => of(name, ours)(round) / of(name, theirs)(round);
}
