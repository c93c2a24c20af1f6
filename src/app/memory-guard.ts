/**
 * Gives memory back that strangers have made use of. Node keeps the headers of requests outside of V8's heap, so that V8 sees no need to collect
 * them, and collects nothing while there is nothing to do: what a burst of connections took would stay.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const LOOK_MS = 100;
/** Growth outside of V8's heap since the last collection, in bytes, from which on it is collected while strangers call. */
const MOST_EXTERNAL = 16 * 2 ** 20;
/** How many connections have to have ended, so that what they left is worth a collection. */
const MANY_CONNECTIONS = 250;
/** When it is collected after that, in ms: V8 gives pages back only in the second collection, and Node lets go of connections in between. */
const SETTLING_MS = [1000, 4000, 12_000, 30_000] as const;

/** Calls without a right API key between two looks, so that it is strangers who take the memory: good callers are left to V8. */
const MANY_STRANGE_CALLS = 50;

/**
 * Looks after the memory of this process. `connections` tells how many there are, `strangeCalls` how many calls without a right API key there were
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

/** Collects all garbage at once, some 30 ms with 100 MB. V8 has no other way to be asked than its own function, which a flag brings. */
function collectGarbage(): void {
  if (gc === undefined) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as () => void;
    setFlagsFromString('--no-expose-gc');
  }
  gc();
}
