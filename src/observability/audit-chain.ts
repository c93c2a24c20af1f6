/**
 * The hash chain of the audit trail. Each line holds a digest of itself and of the line that the same process wrote before, and names the line that it
 * follows in the file, which another process may have written: none can be changed or taken out unseen.
 */
import { hash, randomBytes } from 'node:crypto';

/** The version of the format of a line (docs/audit-trail.md). */
export const AUDIT_FORMAT = 1;

/** A line of the trail: JSON whose last member is the digest of all before it. */
const LINE = /^(\{.*),"hash":"([\w-]{43})"\}$/s;

/** Writes the lines of a chain. */
export interface Chain {
  /** The next line, without its newline. `prev` is the digest of the last line of the file, undefined if there is none. */
  next(members: object, prev: string | undefined): string;
}

/** Begins a chain: each process has one of its own, since several may write a file at the same time. */
export function createChain(): Chain {
  const chain = randomBytes(9).toString('base64url');
  let seq = 0;
  let last = '';
  return {
    next(members, prev) {
      seq += 1;
      // Undefined members are left out.
      const line = { v: AUDIT_FORMAT, ...members, chain, seq, prev };
      const text = JSON.stringify(line).slice(0, -1);
      last = digestOf(last, text);
      return `${text},"hash":"${last}"}`;
    },
  };
}

/** The digest of a line, over the digest of the line before it in its chain (empty for the first) and its text up to `,"hash"`. */
export function digestOf(before: string, text: string): string {
  return hash('sha256', `${before}\n${text}`, 'base64url');
}

/** A line in two parts; undefined for a line that is not of this format. */
export function partsOf(line: string): { readonly text: string; readonly digest: string } | undefined {
  const [, text, digest] = LINE.exec(line) ?? [];
  return text === undefined || digest === undefined ? undefined : { text, digest };
}
