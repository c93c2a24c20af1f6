/** Waits for a condition without an event. */
import { setTimeout as pause } from 'node:timers/promises';
import { runningMs } from './running-time.ts';

const LONGEST_MS = 30_000;
const EVERY_MS = 50;

/** Resolves when `holds` returns true; an error counts as false. Rejects after half a minute with an error that contains `what`. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const startedAt = runningMs();
  for (;;) {
    let cause: unknown;
    try {
      if (holds()) return;
    } catch (error) {
      cause = error;
    }
    if (runningMs() - startedAt > LONGEST_MS) throw new Error(`not within ${LONGEST_MS} ms: ${what}`, { cause });
    await pause(EVERY_MS);
  }
}
