/** Suites that need what not every machine has, such as a program: CI has all of it, and leaves nothing out. */
import { describe } from 'vitest';

/**
 * A suite that runs where `missing` is undefined. Elsewhere `missing` says what is not there: with CI=true that is a failure, and without it a line
 * names the suite that did not run, and why.
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
