/** Checks an audit trail: each line must be as it was written, and none may be missing. */
import { AUDIT_FORMAT, digestOf, partsOf } from './audit-chain.ts';

/** The most lines between a line and the line that it names as the one before it: processes may write at the same moment. */
const MOST_BETWEEN = 1000;

/** A fault of the trail. */
export interface TrailFault {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly fault: string;
}

export interface TrailCheck {
  /** Checks the next line of `file`; files and lines must come in order. */
  line(file: string, number: number, line: string): void;
  /** The digest of the last checked line; undefined before the first. */
  last(): string | undefined;
}

interface Link {
  readonly seq: number;
  readonly digest: string;
}

/**
 * Makes a check that reports each fault as it finds it.
 *
 * @param isContinued whether earlier files are missing: lines of the first file may then follow lines that are not there.
 */
export function checkTrail(isContinued: boolean, onFault: (fault: TrailFault) => void): TrailCheck {
  const chains = new Map<string, Link>();
  const recent: string[] = [];
  let firstFile: string | undefined;

  function faultOf(file: string, { text, digest }: { text: string; digest: string }): string | undefined {
    const { v, chain, seq, prev } = JSON.parse(`${text}}`) as Record<string, unknown>;
    if (v !== AUDIT_FORMAT || typeof chain !== 'string' || typeof seq !== 'number')
      return 'is not of a format that this otpd knows';
    const before = chains.get(chain);
    chains.set(chain, { seq, digest });
    const mayLackBefore = isContinued && file === firstFile;
    if (before === undefined && seq !== 1)
      return mayLackBefore ? undefined : `is number ${seq} of its process, and those before it are missing`;
    if (before !== undefined && seq !== before.seq + 1)
      return `is number ${seq} of its process, and comes after number ${before.seq}`;
    if (digestOf(before?.digest ?? '', text) !== digest) return 'was changed';
    const isThere = prev === undefined || recent.at(-1) === prev || recent.includes(String(prev));
    return isThere || mayLackBefore ? undefined : 'follows a line that is missing';
  }

  return {
    line(file, number, line) {
      const parts = partsOf(line);
      const fault = parts === undefined ? unchainedFault(line, firstFile !== undefined) : faultOrUnreadable(file, parts);
      if (fault !== undefined) onFault({ file, line: number, fault });
    },
    last: () => recent.at(-1),
  };

  function faultOrUnreadable(file: string, parts: { text: string; digest: string }): string | undefined {
    firstFile ??= file;
    try {
      return faultOf(file, parts);
    } catch {
      return 'is no JSON';
    } finally {
      recent.push(parts.digest);
      if (recent.length > MOST_BETWEEN) recent.shift();
    }
  }
}

/** Lines before the first chained line are from an otpd without chains. */
function unchainedFault(line: string, hasBegun: boolean): string | undefined {
  if (!hasBegun && isOlder(line)) return undefined;
  return line === '' ? 'is empty' : 'has no digest: it was cut short, changed or added';
}

function isOlder(line: string): boolean {
  try {
    const members: unknown = JSON.parse(line);
    return typeof members === 'object' && members !== null && !('v' in members);
  } catch {
    return false;
  }
}
