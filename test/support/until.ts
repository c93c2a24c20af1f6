/** Waiting for what a test cannot be told of. */
import { setTimeout as pause } from 'node:timers/promises';
import { runningMs } from './running-time.ts';

const LONGEST_MS = 30_000;
const EVERY_MS = 50;

/** Resolves when it holds; an error counts as no. Rejects after half a minute, and says what did not come. */
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
