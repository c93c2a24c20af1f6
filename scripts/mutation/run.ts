/**
 * Makes mistakes in the code of verification, sealed keys, recovery codes, limits, authentication and the stores of codes, each in a copy of the project, and runs the tests
 * concerned. A mistake that no test and no type finds is printed: write the test, or name it in equivalent.json if nothing can tell it from the
 * code. Arguments: `--seed`, `--most` mutants, `--minutes`, then the beginnings of paths. Exits with 1 if a mistake was not found.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Mutant, mutantsOf } from './mutants.ts';

/** The tests for the files whose paths begin with a prefix. The first prefix that matches counts. */
const TESTS: readonly (readonly [files: string, tests: readonly string[]])[] = [
  ['src/verification/recovery-rules', ['test/store/recovery-memory', 'test/service/recovery-codes']],
  ['src/sealing/', ['test/sealing', 'test/service/sealed-key', 'test/app/open-sealing']],
  ['src/recovery/', ['test/recovery', 'test/service/recovery-codes']],
  ['src/store/sqlite/recovery', ['test/store/recovery-sqlite']],
  ['src/verification/', ['test/verification', 'test/service', 'test/store/codes-memory', 'test/store/former-states']],
  ['src/limits/', ['test/limits', 'test/rpc/admission', 'test/workers/limits-channel', 'test/store/redis-limits']],
  ['src/auth/', ['test/auth']],
  [
    'src/store/redis/',
    ['test/store/redis-codes', 'test/store/redis-code-states', 'test/store/former-states', 'test/store/redis-contract'],
  ],
  ['src/store/sqlite/', ['test/store/former-states', 'test/store/codes-sqlite', 'test/store/sqlite.test']],
  ['src/store/', ['test/store/former-states', 'test/store/redis-code-states']],
];
const FILES = [
  'src/{verification,sealing,recovery,limits,auth}/*.ts',
  'src/store/*/{code,answers,states,recovery}*.ts',
  'src/store/track-text.ts',
];
const COPIED = [
  'src',
  'test',
  'gen',
  'clients/typescript',
  'proto',
  'bench',
  'scripts',
  'web',
  'docs',
  'package.json',
  'vitest.config.ts',
  'tsconfig.json',
  'README.md',
];
/** The number of runs at a time, for a machine with two cores. */
const AT_ONCE = 2;
const TYPES = ['--noEmit', '-p', '.'];
/** A mistake that makes the tests run longer than this counts as found. */
const MUTATED = { stdio: 'ignore', timeoutMs: 120_000 } as const;
const UNCHANGED = { stdio: 'inherit', timeoutMs: 1_800_000 } as const;

interface Job extends Mutant {
  readonly file: string;
  readonly code: string;
}

/** A mutant with the same behaviour as the code, by its line without and with the mistake. */
interface Equivalent {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  readonly reason: string;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    most: { type: 'string', default: '100' },
    minutes: { type: 'string', default: '60' },
  },
});
const endsAt = Date.now() + Number(values.minutes) * 60_000;
const queue = shuffled(allJobs(), Number(values.seed)).slice(0, Number(values.most));
const equivalents: readonly Equivalent[] = JSON.parse(readFileSync(join(import.meta.dirname, 'equivalent.json'), 'utf8'));
const tally = { found: 0, 'found by types': 0, equivalent: 0, survived: 0, 'not run': 0 };
const running = new Set<ChildProcess>();
const roots = Array.from({ length: AT_ONCE }, copyProject);
process.once('exit', () => {
  running.forEach(kill);
  for (const root of roots) rmSync(root, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

await expectToPass(roots[0] ?? '');
await Promise.all(roots.map(work));
process.stdout.write(`${JSON.stringify({ ...tally, 'not run': queue.length })}\n`);
process.exitCode = tally.survived > 0 ? 1 : 0;

function allJobs(): Job[] {
  const jobs: Job[] = [];
  for (const file of globSync(FILES).sort()) {
    if (positionals.length > 0 && !positionals.some((start) => file.startsWith(start))) continue;
    const code = readFileSync(file, 'utf8');
    for (const mutant of mutantsOf(code)) jobs.push({ file, code, ...mutant });
  }
  return jobs;
}

function copyProject(): string {
  const root = mkdtempSync(join(tmpdir(), 'otpd-mutation-'));
  for (const name of COPIED) cpSync(name, join(root, name), { recursive: true });
  symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
  return root;
}

/** Runs the tests without a mistake, since tests that fail would find every mistake. All run at once, without a short limit of time. */
async function expectToPass(root: string): Promise<void> {
  const tests = [...new Set(queue.flatMap(({ file }) => testsOf(file)))];
  if (
    (await passes(root, 'tsc', TYPES, UNCHANGED)) &&
    (await passes(root, 'vitest', ['run', '--reporter', 'dot', ...tests], UNCHANGED))
  )
    return;
  throw new Error('the types or the tests fail without a mistake: run them first');
}

async function work(root: string): Promise<void> {
  while (Date.now() < endsAt) {
    const job = queue.shift();
    if (job === undefined) return;
    tally[await outcomeOf(root, job)] += 1;
  }
}

async function outcomeOf(root: string, job: Job): Promise<keyof typeof tally> {
  const { file, code, start, end, text } = job;
  const { line, before, after } = lineOf(job);
  if (equivalents.some((one) => one.file === file && one.before === before && one.after === after)) return 'equivalent';
  writeFileSync(join(root, file), code.slice(0, start) + text + code.slice(end));
  try {
    if (!(await passes(root, 'vitest', ['run', '--bail', '1', ...testsOf(file)]))) return 'found';
    if (!(await passes(root, 'tsc', TYPES))) return 'found by types';
  } finally {
    writeFileSync(join(root, file), code);
  }
  process.stdout.write(`${file}:${line}\n  ${before}\n  ${after}\n`);
  return 'survived';
}

function testsOf(file: string): readonly string[] {
  return TESTS.find(([files]) => file.startsWith(files))?.[1] ?? [];
}

/** Returns the line of a mutant, without and with the mistake. */
function lineOf({ code, start, end, text }: Job): { readonly line: number; readonly before: string; readonly after: string } {
  const [from, to] = [code.lastIndexOf('\n', start - 1) + 1, (code.indexOf('\n', end) + 1 || code.length + 1) - 1];
  return {
    line: code.slice(0, start).split('\n').length,
    before: code.slice(from, to).trim(),
    after: (code.slice(from, start) + text + code.slice(end, to)).trim(),
  };
}

async function passes(
  cwd: string,
  program: string,
  words: readonly string[],
  { stdio, timeoutMs }: { readonly stdio: 'ignore' | 'inherit'; readonly timeoutMs: number } = MUTATED,
): Promise<boolean> {
  const child = spawn(join('node_modules', '.bin', program), words, { cwd, stdio, detached: true });
  running.add(child);
  const timer = setTimeout(() => kill(child), timeoutMs);
  const [code] = await once(child, 'close');
  clearTimeout(timer);
  running.delete(child);
  return code === 0;
}

/** Kills a program with its child processes. */
function kill({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL');
}

/** Shuffles a list with a linear congruential generator; the same seed gives the same order. */
function shuffled<T>(list: readonly T[], seed: number): T[] {
  let state = seed;
  const keyed = list.map((item) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return [state, item] as const;
  });
  return keyed.sort(([one], [other]) => one - other).map(([, item]) => item);
}
