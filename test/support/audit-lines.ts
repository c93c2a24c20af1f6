/** Reads the lines of an audit trail for comparison in a test. */
import { readFileSync } from 'node:fs';

/** Returns the events in `file`, without the members of the chain of digests. */
export function auditedIn(file: string): Record<string, unknown>[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').filter(Boolean);
  return lines.map((line) => {
    const { v, chain, seq, prev, hash, ...event } = JSON.parse(line) as Record<string, unknown>;
    return event;
  });
}
