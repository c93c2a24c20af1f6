/** Parses the report of the suite, and compares each failure with the list of known failures. */
import type { KnownFailure } from './known-failing.ts';

/** The result of one mode. */
export interface Outcome {
  readonly passed: number;
  /** The number of failures that are on the list. */
  readonly known: number;
  /** A description of each unexpected result. */
  readonly failures: readonly string[];
}

const EXPECTED = /^INFO: (.+) failed \(as expected\):$/;
const TOTAL = /^Total cases: (\d+)$/m;
const COUNTS = /^(\d+) passed, (\d+) failed$/m;
const NOT_RUN = /^Another \d+ could not be run .*$/m;

/** @param cases the expected number of cases, so that a missing case is noticed. */
export function readReport(report: string, known: readonly KnownFailure[], cases: number): Outcome {
  const lines = report.split('\n');
  const failures: string[] = [];
  let asListed = 0;
  for (const [at, line] of lines.entries()) {
    const name = EXPECTED.exec(line)?.[1];
    const says = sayings(lines, at + 1);
    if (line.startsWith('FAILED: ')) failures.push([line, ...says].join('\n  '));
    if (name === undefined) continue;
    if (known.some((one) => isMatch(one, name, says))) asListed += 1;
    else failures.push([`${name} fails otherwise than listed:`, ...says].join('\n  '));
  }
  const total = Number(TOTAL.exec(report)?.[1] ?? 0);
  const passed = Number(COUNTS.exec(report)?.[1] ?? 0);
  const notRun = NOT_RUN.exec(report)?.[0];
  if (notRun !== undefined) failures.push(notRun);
  if (total !== cases) failures.push(`the suite ran ${total} cases, and not ${cases}`);
  else if (passed + asListed + failures.length < total) failures.push('the report says less than it counts');
  return { passed, known: asListed, failures };
}

/** Returns the lines below the name of a case, which are indented by a tab, without empty lines. */
function sayings(lines: readonly string[], from: number): string[] {
  const rest = lines.slice(from);
  const end = rest.findIndex((line) => !line.startsWith('\t'));
  return rest
    .slice(0, end === -1 ? undefined : end)
    .map((line) => line.slice(1))
    .filter((line) => line !== '');
}

function isMatch({ cases, says }: KnownFailure, name: string, lines: readonly string[]): boolean {
  return toRegExp(cases).test(`${name}/`) && lines.length === says.length && says.every((say, i) => say.test(lines[i] ?? ''));
}

/** Returns the pattern as the suite reads it, for a name with a slash at its end. */
function toRegExp(pattern: string): RegExp {
  const parts = pattern.split('/').map((part) => {
    if (part === '**') return '(?:[^/]+/)*';
    return part === '*' ? '[^/]+/' : `${part.replaceAll(/[^\w -]/g, '\\$&')}/`;
  });
  return new RegExp(`^${parts.join('')}$`);
}
