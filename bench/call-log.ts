/** Reads the calls in a server's own log: each failure is in it, whatever the callers saw. */

/** Counts the calls that failed, those without a good key, those that their callers left, and the faults that belong to no call. */
export function failuresIn(log: string): { failed: number; refused: number; left: number; faults: number } {
  let [failed, refused, left, faults] = [0, 0, 0, 0];
  for (const line of log.split('\n')) {
    if (!line.startsWith('{') || line.includes('"code":"OK"')) continue;
    const { code, msg, level } = JSON.parse(line) as { code?: string; msg?: string; level: number };
    if (msg !== 'call') faults += level >= ERROR ? 1 : 0;
    else if (code === 'CANCELLED') left += 1;
    else if (code === 'UNAUTHENTICATED') refused += 1;
    else failed += 1;
  }
  return { failed, refused, left, faults };
}

/** pino's number of the level. */
const ERROR = 50;
