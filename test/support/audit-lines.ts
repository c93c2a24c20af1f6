/** The lines of an audit trail as a test compares them. */
import { readFileSync } from 'node:fs';

/** The events in `file`, without the members of the chain of digests. */
export function auditedIn(file: string): Record<string, unknown>[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').filter(Boolean);
  return lines.map((line) => {
    const { v, chain, seq, prev, hash, ...event } = JSON.parse(line) as Record<string, unknown>;
    return event;
  });
}
