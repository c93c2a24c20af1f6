/** `npm run test:conformance`: the official suite against our gRPC server, with the fast path and without. Exits 1 if a case fails that is not listed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { KNOWN_FAILING, type Mode } from './known-failing.ts';
import { type Outcome, readReport } from './report.ts';
import { installSuite, PROGRAM } from './suite.ts';

const MODES: readonly Mode[] = ['on', 'off'];
/** How many cases the suite has for config.yaml, in one mode. */
const CASES = 438;
/** A mode takes some five seconds; a server that hangs is not waited for. */
const PATIENCE_MS = 120_000;

let passed = 0;
let failed = 0;
process.stdout.write('conformance: looks for the suite, and builds it if it is not there\n');
for (const mode of install() ? MODES : []) {
  const startedAt = performance.now();
  const outcome = await run(mode);
  for (const failure of outcome.failures) process.stdout.write(`FAILED (--fast-path ${mode}): ${failure}\n`);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(
    `--fast-path ${mode}: ${outcome.passed} of ${CASES} cases pass, ${outcome.known} fail as listed (${seconds} s)\n`,
  );
  passed += outcome.passed;
  failed += outcome.failures.length;
}
process.stdout.write(`conformance: ${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

/** Whether the suite is there now. */
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

async function run(mode: Mode): Promise<Outcome> {
  const known = KNOWN_FAILING;
  const patterns = known.flatMap(({ cases, mayPass }) => [mayPass ? '--known-flaky' : '--known-failing', cases]);
  const options = ['--mode', 'server', '--conf', 'test/conformance/config.yaml', ...patterns];
  const server = [process.execPath, 'test/conformance/server.ts', '--fast-path', mode];
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
  const outcome = readReport(report, known, CASES);
  if (code === 0 || outcome.failures.length > 0) return outcome;
  return { ...outcome, failures: [`the suite ended with ${code ?? 'a signal'}:\n${report}`] };
}
