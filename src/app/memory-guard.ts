/**
 * Gives back memory that strangers have used. Node keeps the headers of requests outside of V8's heap, so that V8 sees no need to collect
 * them, and collects nothing while the process is idle: the memory of a burst of connections would stay.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const LOOK_MS = 100;
/** Growth outside of V8's heap since the last collection, in bytes, at which garbage is collected while strangers call. */
const MOST_EXTERNAL = 16 * 2 ** 20;
/** How many connections must have ended before their garbage is worth a collection. */
const MANY_CONNECTIONS = 250;
/** When garbage is collected after that, in ms: V8 gives pages back only in the second collection, and Node lets go of connections in between. */
const SETTLING_MS = [1000, 4000, 12_000, 30_000] as const;

/** Calls without a right API key between two looks, so that the memory is the strangers': that of good callers is left to V8. */
const MANY_STRANGE_CALLS = 50;

/**
 * Watches the memory of this process. `connections` tells how many there are, `strangeCalls` how many calls without a right API key there were
 * so far. `close` ends that.
 */
export function guardMemory(connections: () => number, strangeCalls: () => number): { readonly close: () => void } {
  let floor = getHeapStatistics().external_memory;
  let peak = 0;
  let strange = 0;
  let settling: NodeJS.Timeout[] = [];

  function collect(): void {
    collectGarbage();
    floor = getHeapStatistics().external_memory;
  }

  function look(): void {
    const now = connections();
    peak = Math.max(peak, now);
    if (peak - now >= MANY_CONNECTIONS) {
      peak = now;
      settling.forEach(clearTimeout);
      settling = SETTLING_MS.map((ms) => setTimeout(collect, ms).unref());
    }
    const came = strangeCalls() - strange;
    strange += came;
    if (came >= MANY_STRANGE_CALLS && getHeapStatistics().external_memory - floor > MOST_EXTERNAL) collect();
  }

  const looking = setInterval(look, LOOK_MS).unref();
  return {
    close() {
      clearInterval(looking);
      settling.forEach(clearTimeout);
    },
  };
}

let gc: (() => void) | undefined;

/** Collects all garbage at once, some 30 ms with 100 MB. V8 offers only its own function for this, which a flag exposes. */
function collectGarbage(): void {
  if (gc === undefined) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as () => void;
    setFlagsFromString('--no-expose-gc');
  }
  gc();
}
