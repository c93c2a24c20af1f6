/** Whether anything still moves, as seen by a process that may itself be held up. */

const TICK_MS = 100;

/**
 * Calls `onStill` once when `count` has not changed for `patienceMs`; gives what ends the watch. Time counts only in ticks after which this
 * process had its turn to read: one that was stopped for a minute has missed no answer, the answers wait to be read.
 */
export function watchProgress(count: () => number, patienceMs: number, onStill: () => void): () => void {
  const ticks = Math.max(1, Math.ceil(patienceMs / TICK_MS));
  let [seen, still] = [count(), 0];
  const timer = setInterval(() => {
    const now = count();
    still = now === seen ? still + 1 : 0;
    seen = now;
    if (still < ticks) return;
    clearInterval(timer);
    onStill();
  }, TICK_MS);
  return () => clearInterval(timer);
}
