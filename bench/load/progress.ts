/** Detects a lack of progress in a process that may itself be blocked. */

const TICK_MS = 100;

/**
 * Calls `onStill` once if `count` has not changed for `patienceMs`; returns the function that ends the watch. Counts only ticks in which this process
 * could read: after a pause of the process, the answers still wait to be read.
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
