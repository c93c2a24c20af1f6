/** When a process that has died is started again: at once at first, then later each time, until one has lived for a while. */

/** A process that has lived for this long is restarted at once when it dies, in ms. */
const LONG_LIFE_MS = 10_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

/** Makes the count of one process: to be asked at each death how long to wait, in ms, given how long it has lived. */
export function createRestarts(): (livedMs: number) => number {
  let deaths = 0;
  return (livedMs) => {
    deaths = livedMs >= LONG_LIFE_MS ? 1 : deaths + 1;
    return deaths === 1 ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (deaths - 2));
  };
}
