/** `npm run check`: runs every static check, even after a failure. Exits with 1 if a check has failed. */
import { spawnSync } from 'node:child_process';

interface Check {
  readonly name: string;
  readonly run: () => Outcome;
}

interface Outcome {
  readonly ok: boolean;
  readonly output: string;
}

const CHECKS: readonly Check[] = [
  { name: 'types (tsc)', run: () => run('tsc', '-p', '.') },
  { name: 'types of the page (tsc)', run: () => run('tsc', '-p', 'web') },
  { name: 'lint and format (biome)', run: () => run('biome', 'check', '--error-on-warnings', '.') },
  { name: 'contract lint (buf lint)', run: () => run('buf', 'lint') },
  { name: 'contract format (buf format)', run: () => run('buf', 'format', '--diff', '--exit-code', 'proto') },
  { name: 'what is generated is current (buf generate)', run: () => run('node', 'scripts/check-generated.ts') },
  { name: 'contract compatibility (buf breaking)', run: breaking },
  {
    name: 'packages have one version, repository and home page',
    run: () => run('node', 'scripts/packages/identity.ts', '--check'),
  },
  { name: 'workflows (actionlint)', run: workflows },
  { name: 'settings in docs/configuration.md are current', run: () => run('node', 'scripts/readme-settings.ts', '--check') },
  { name: 'the manual page is current', run: () => run('node', 'scripts/man-page.ts', '--check') },
  { name: 'docs/metrics.md is current', run: () => run('node', 'scripts/metrics-docs.ts', '--check') },
  { name: 'layering (imports go downward)', run: () => run('vitest', 'run', 'test/layering.test.ts') },
  { name: 'private names of dependencies in the fast path alone', run: () => run('node', 'scripts/private-reach.ts') },
  { name: 'sentences of Markdown', run: () => run('node', 'scripts/sentences.ts') },
  { name: 'words of comments and Markdown', run: () => run('node', 'scripts/words.ts') },
];

let failed = 0;
for (const { name, run: check } of CHECKS) {
  const { ok, output } = check();
  if (!ok) failed += 1;
  // The output of a successful check says what it has left out.
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'}  ${name}\n${ok ? output.replaceAll(/^(?!not checked).*\n?/gm, '') : output}`);
}
process.stdout.write(`checks: ${CHECKS.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

function run(command: string, ...args: string[]): Outcome {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  return {
    ok: status === 0,
    output: `${stdout ?? ''}${stderr ?? ''}${error === undefined ? '' : `${command}: ${error.message}\n`}`,
  };
}

/** Compares the contract with the last release and with `main`, that of the remote if there is one. */
function breaking(): Outcome {
  const main = ['origin/main', 'main'].find(hasContract);
  if (main === undefined) return { ok: false, output: 'no branch main with a contract to compare with: fetch it first\n' };
  const release = run('git', 'describe', '--tags', '--abbrev=0').output.trim();
  const outcomes = [main, ...(hasContract(release) ? [release] : [])].map((ref) =>
    run('buf', 'breaking', 'proto', '--against', `.git#ref=${ref},subdir=proto`),
  );
  return { ok: outcomes.every(({ ok }) => ok), output: outcomes.map(({ output }) => output).join('') };
}

/** Disables the linters that only some machines have, so that the result is the same everywhere. */
function workflows(): Outcome {
  const { ok, output } = run('scripts/install-plugins', 'actionlint');
  if (ok) return run('.plugins/bin/actionlint', '-shellcheck=', '-pyflakes=');
  return {
    ok: process.env['CI'] !== 'true',
    output: `${output}not checked, since actionlint is not installed: .github/workflows\n`,
  };
}

function hasContract(ref: string): boolean {
  return ref !== '' && run('git', 'cat-file', '-e', `${ref}:proto`).ok;
}
