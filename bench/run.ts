/** `npm run bench`: measures all rows in turns, and prints the cost of each beside its goals. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cleanUpAtExit } from './cleanup.ts';
import { goal, type Round, type Verdict, verdict } from './goals.ts';
import { describeMachine } from './machine.ts';
import { type Figures, measure } from './measure.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { pinSelf } from './pinning.ts';
import { report } from './report.ts';
import { root } from './root.ts';
import { ROWS, type Row, WORKER_ROWS } from './rows.ts';
import { build, type Start, timeStart } from './start-time.ts';
import { spread } from './statistics.ts';

const IDLE_GOAL = goal('5  Resident after the first call, MiB', () => Number.NaN, 'at most', 100);
const START_GOAL = goal('7  Start to the first answered call, ms', () => Number.NaN, 'at most', 400);

cleanUpAtExit();
try {
  const options = readOptions(process.argv.slice(2), hasWorkers() ? [...ROWS, ...WORKER_ROWS] : ROWS);
  if (options === undefined) process.stdout.write(HELP);
  else await bench(options);
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  // The exit also ends the processes that still run.
  process.exit(1);
}

async function bench(options: Options): Promise<void> {
  requireTools(options.rows);
  const machine = describeMachine();
  pinSelf();
  const rounds: Round[] = [];
  const timeLeft = () => performance.now() < options.budget * 1000;
  for (let round = 0; round < options.rounds; round += 1) rounds.push(await measureRound(options, round, timeLeft));
  const starts: Start[] = [];
  if (options.starts > 0 && timeLeft()) build();
  for (let i = 0; i < options.starts && timeLeft(); i += 1) {
    say(`start ${i + 1}/${options.starts}`);
    starts.push(await timeStart());
  }
  process.stdout.write(report(machine, rounds, startVerdicts(starts)));
  const leftOut = options.rows.filter(({ name }) => rounds.every((round) => !round.has(name))).map(({ name }) => name);
  if (leftOut.length > 0) process.stdout.write(`\nNot measured, for want of time: ${leftOut.join(', ')}\n`);
  if (options.json === undefined) return;
  const raw = { machine, seconds: options.seconds, rounds: rounds.map((round) => Object.fromEntries(round)), starts };
  writeFileSync(options.json, `${JSON.stringify(raw, undefined, 2)}\n`);
}

/** Measures every other round backwards, so that no row always follows the same one. */
async function measureRound(options: Options, round: number, timeLeft: () => boolean): Promise<Round> {
  const { rows, rounds, seconds, warmUp } = options;
  const figures = new Map<string, Figures>();
  const order: readonly Row[] = round % 2 === 0 ? rows : rows.toReversed();
  for (const [i, row] of order.entries()) {
    if (!timeLeft()) break;
    const left = (rounds - round) * rows.length - i;
    say(`round ${round + 1}/${rounds}: ${row.name} (about ${Math.ceil((left * (seconds + warmUp + 1.3)) / 60)} min left)`);
    figures.set(row.name, await measure(row, seconds, warmUp).catch((error: Error) => fail(row, error)));
  }
  return new Map(rows.flatMap(({ name }) => (figures.has(name) ? [[name, figures.get(name) as Figures]] : [])));
}

function fail({ name }: Row, error: Error): never {
  throw new Error(`${name}: ${error.message}`, { cause: error });
}

function startVerdicts(starts: readonly Start[]): Verdict[] {
  const [idle, time] = [spread(starts.map(({ residentBytes }) => residentBytes / 2 ** 20)), spread(starts.map(({ ms }) => ms))];
  return idle === undefined || time === undefined ? [] : [verdict(IDLE_GOAL, idle), verdict(START_GOAL, time)];
}

/** Throws if a tool is missing: better now than after minutes. */
function requireTools(rows: readonly Row[]): void {
  const needed = new Map([['h2load', 'nghttp2-client']]);
  if (rows.some(({ serving }) => serving.redis)) needed.set('redis-server', 'redis-server');
  for (const [tool, debian] of needed) {
    if (spawnSync(tool, ['--version']).status !== 0) throw new Error(`${tool} is not installed: apt-get install ${debian}`);
  }
}

function hasWorkers(): boolean {
  const { stdout } = spawnSync(process.execPath, [root('src/main.ts'), 'serve', '--help'], { encoding: 'utf8' });
  return stdout.includes('--workers');
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
