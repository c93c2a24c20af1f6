/** Calls at even intervals. */
import { setImmediate as nextTurn } from 'node:timers/promises';

const SECOND_MS = 1000;

/**
 * Calls `send` for each call when it is due, in the right turn of the event loop, with the number of the call from 0 on, until `send` returns false.
 * A timer would send all calls of a millisecond at once, and h2load's `--rps` sends the calls of ten milliseconds at once, so that their answers
 * would wait for each other.
 */
export async function whenDue(
  rate: number,
  startedAt: number,
  send: (call: number, dueAt: number) => boolean,
  flush: () => void,
): Promise<void> {
  for (let call = 0; ; await nextTurn()) {
    const now = performance.now();
    for (let dueAt = startedAt; ; call += 1) {
      dueAt = startedAt + (call * SECOND_MS) / rate;
      if (dueAt > now) break;
      if (!send(call, dueAt)) return flush();
    }
    flush();
  }
}
