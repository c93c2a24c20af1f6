/** The parser of the suite's report detects every unexpected failure and every unexpected pass. */
import { expect, test } from 'vitest';
import type { KnownFailure } from './known-failing.ts';
import { readReport } from './report.ts';

const KNOWN: readonly KnownFailure[] = [
  { cases: 'Requests/**/no-request', says: [/^code 3 and not 13$/, /^2 details$/], reason: 'by contract' },
];
const EXPECTED = 'INFO: Requests/TLS:false/unary/no-request failed (as expected):\n\tcode 3 and not 13\n\t2 details\n\t\n';
const total = (cases: number, passed: number, failed: number): string =>
  `\nTotal cases: ${cases}\n${passed} passed, ${failed} failed\n`;

test('all pass, or fail as listed', () => {
  expect(readReport(total(4, 4, 0), KNOWN, 4)).toEqual({ passed: 4, known: 0, failures: [] });
  expect(readReport(EXPECTED + total(4, 3, 0), KNOWN, 4)).toEqual({ passed: 3, known: 1, failures: [] });
});

test.each([
  ['that is not listed', 'FAILED: Basic/TLS:false/unary:\n\tno answer\n', 'FAILED: Basic/TLS:false/unary:\n  no answer'],
  ['that passes, and is listed', 'FAILED: Basic/unary was expected to fail but did not\n', 'was expected to fail but did not'],
  ['that fails otherwise than listed', EXPECTED.replace('not 13', 'not 12'), 'fails otherwise than listed:\n  code 3 and not 12'],
  ['of which more is said', EXPECTED.replace('2 details', '2 details\n\tno trailers'), 'fails otherwise than listed'],
  ['of which less is said', EXPECTED.replace('\t2 details\n', ''), 'fails otherwise than listed'],
  ['under another name', EXPECTED.replace('no-request', 'one-request'), 'fails otherwise than listed'],
  ['whose name only ends like one that is listed', EXPECTED.replace('no-request', 'yes-no-request'), 'fails otherwise'],
])('a case %s is a failure', (_, said, words) => {
  const { passed, failures } = readReport(said + total(4, 3, 1), KNOWN, 4);
  expect(passed).toBe(3);
  expect(failures).toEqual([expect.stringContaining(words)]);
});

test.each([
  ['more cases than there are', total(5, 5, 0), 'the suite ran 5 cases, and not 4'],
  ['fewer', total(3, 3, 0), 'the suite ran 3 cases, and not 4'],
  ['no report', '', 'the suite ran 0 cases, and not 4'],
  ['a failure that nothing is said of', total(4, 3, 1), 'the report says less than it counts'],
  ['cases that could not be run', `${total(4, 4, 0)}Another 2 could not be run due to client timing out.\n`, 'Another 2'],
])('%s is a failure', (_, report, words) => {
  expect(readReport(report, KNOWN, 4).failures).toEqual([expect.stringContaining(words)]);
});
