/** Reads the calls in a server's own log, which has each failure whether or not the callers saw it. */

/** Counts failed calls, calls without a valid API key, calls that their callers cancelled, and faults outside any call. */
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

/** The level `error` in pino's log. */
const ERROR = 50;
