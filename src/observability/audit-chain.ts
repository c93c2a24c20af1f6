/**
 * The hash chain of the audit trail. Each line has a digest of itself and of the previous line of the same process, and names the line before it in the file, which
 * another process may have written. No line can be changed or removed without detection.
 */
import { hash, randomBytes } from 'node:crypto';

/** The version of the format of a line (docs/audit-trail.md). */
export const AUDIT_FORMAT = 1;

/** A line of the trail: JSON whose last member is the digest of all before it. */
const LINE = /^(\{.*),"hash":"([\w-]{43})"\}$/s;

/** Writes the lines of a chain. */
export interface Chain {
  /** The next line, without its newline. `prev` is the digest of the last line of the file; undefined if there is none. */
  next(members: object, prev: string | undefined): string;
}

/** Begins a chain. Each process has its own, since several may write to a file at the same time. */
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

/** The digest of a line: of the digest of the previous line in its chain (empty for the first line) and of its text up to `,"hash"`. */
export function digestOf(before: string, text: string): string {
  return hash('sha256', `${before}\n${text}`, 'base64url');
}

/** A line split before its digest; undefined for a line in another format. */
export function partsOf(line: string): { readonly text: string; readonly digest: string } | undefined {
  const [, text, digest] = LINE.exec(line) ?? [];
  return text === undefined || digest === undefined ? undefined : { text, digest };
}
