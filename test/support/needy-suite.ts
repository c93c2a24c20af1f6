/** Suites that need something which not every machine has, such as a program. CI has everything, and skips no suite. */
import { describe } from 'vitest';

/**
 * Runs a suite if `missing` is undefined. Otherwise `missing` says what the machine lacks: with CI=true this is a failure; without it, a line names
 * the suite that did not run, and the reason.
 */
export function suiteUnless(missing: string | undefined, name: string, suite: () => void): void {
  if (missing === undefined) {
    describe(name, suite);
    return;
  }
  if (process.env['CI'] === 'true') throw new Error(`${missing}, so these tests cannot run: ${name}`);
  process.stderr.write(`NOT RUN, since ${missing}: ${name}\n`);
  describe.skip(name, suite);
}
