/**
 * Counts vitest's JSON report: `vitest-report.mjs REPORT COMMAND FAILURES` prints how many tests passed and failed, and writes what failed to the end of the file
 * FAILURES. A test that was skipped counts as failed, and so does a suite that did not load or whose setup failed.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

const [file, command, failures] = process.argv.slice(2);
const report = JSON.parse(readFileSync(file, 'utf8'));
const tests = report.testResults.flatMap((suite) => suite.assertionResults.map((test) => ({ ...test, suite })));
const bad = tests.filter((test) => test.status !== 'passed');
const broken = report.testResults.filter(
  (suite) => suite.status === 'failed' && !suite.assertionResults.some((test) => test.status === 'failed'),
);
const tell = (suite, name, message = '') => {
  const about = message.slice(0, 2_000).trimEnd().replaceAll('\n', '\n    ');
  appendFileSync(failures, `FAILED: ${command}: ${relative('', suite.name)}: ${name}\n${about === '' ? '' : `    ${about}\n`}`);
};
for (const test of bad) tell(test.suite, `${test.fullName} (${test.status})`, test.failureMessages?.join('\n'));
for (const suite of broken) tell(suite, 'the suite', suite.message);
process.stdout.write(`${tests.length - bad.length} ${bad.length + broken.length}\n`);
