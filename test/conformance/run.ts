/**
 * `npm run test:conformance`: runs the official suite against the gRPC server, with and without the fast path, and against the HTTP server. Exits
 * with 1 if a case fails that is not on the list.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { GRPC, HTTP, type KnownFailure } from './known-failing.ts';
import { type Outcome, readReport } from './report.ts';
import { installSuite, PROGRAM } from './suite.ts';

interface Run {
  /** The arguments of server.ts. */
  readonly server: readonly string[];
  readonly config: string;
  readonly known: readonly KnownFailure[];
  /** The number of cases of the suite in this configuration. */
  readonly cases: number;
}

const RUNS: readonly Run[] = [
  ...['on', 'off'].map((mode) => ({ server: ['--fast-path', mode], config: 'config.yaml', known: GRPC, cases: 438 })),
  { server: ['--door', 'http'], config: 'config-http.yaml', known: HTTP, cases: 2952 },
];
/** A run takes about ten seconds; a server that hangs is stopped. */
const PATIENCE_MS = 120_000;

let passed = 0;
let failed = 0;
process.stdout.write('conformance: looks for the suite, and builds it if it is not there\n');
for (const one of install() ? RUNS : []) {
  const startedAt = performance.now();
  const outcome = await run(one);
  const name = one.server.join(' ');
  for (const failure of outcome.failures) process.stdout.write(`FAILED (${name}): ${failure}\n`);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`${name}: ${outcome.passed} of ${one.cases} cases pass, ${outcome.known} fail as listed (${seconds} s)\n`);
  passed += outcome.passed;
  failed += outcome.failures.length;
}
process.stdout.write(`conformance: ${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

/** Installs the suite; returns whether it is installed. */
function install(): boolean {
  try {
    installSuite();
    return true;
  } catch (error) {
    process.stdout.write(`FAILED: the suite cannot be installed, which needs Go 1.26: ${(error as Error).message}\n`);
    failed += 1;
    return false;
  }
}

async function run({ server: args, config, known, cases }: Run): Promise<Outcome> {
  const patterns = known.flatMap(({ cases, mayPass }) => [mayPass ? '--known-flaky' : '--known-failing', cases]);
  const options = ['--mode', 'server', '--conf', `test/conformance/${config}`, ...patterns];
  const server = [process.execPath, 'test/conformance/server.ts', ...args];
  const suite = spawn(PROGRAM, ['-v', ...options, '--', ...server], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: PATIENCE_MS,
  });
  const closed = once(suite, 'close');
  const lines: string[] = [];
  for await (const line of createInterface({ input: suite.stdout })) {
    if (line.startsWith('Running ')) process.stdout.write(`${line}\n`);
    lines.push(line);
  }
  const [code] = await closed;
  const report = lines.join('\n');
  const outcome = readReport(report, known, cases);
  if (code === 0 || outcome.failures.length > 0) return outcome;
  return { ...outcome, failures: [`the suite ended with ${code ?? 'a signal'}:\n${report}`] };
}
