/**
 * Releases the memory of callers without a right API key (strangers). Node keeps the headers of requests outside V8's heap, so V8 sees no need
 * to collect them, and V8 does not collect while the process is idle. The memory of a burst of connections would stay. After a collection, the
 * C library would still keep the pages.
 */
import { extname } from 'node:path';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';

/** The interval between two looks, in ms. */
const LOOK_MS = 100;
/** The growth outside V8's heap since the last collection at which garbage is collected while strangers call, in bytes. */
const MOST_EXTERNAL = 16 * 2 ** 20;
/**
 * The number of ended connections of strangers whose garbage is worth a collection. The garbage of other callers is left to V8: a full collection
 * drops hidden classes on which compiled code depends, and a server under load then spends seconds of processor time to compile that code again.
 */
const MANY_CONNECTIONS = 250;
/** The times of collections after a burst, in ms: V8 releases pages only in a second collection, after Node has let the connections go. */
const SETTLING_MS = [1000, 4000, 12_000, 30_000] as const;

/** The calls of strangers between two looks that make growing memory theirs: V8 collects the garbage of other callers. */
const MANY_STRANGE_CALLS = 50;
/** The number of calls of strangers in a burst whose garbage is worth a collection. */
const MANY_IN_ALL = 1000;
/** A burst ends after this many looks without a call or an ended connection of a stranger. The probes of a load balancer are further apart. */
const QUIET_LOOKS = 10;

/** The counts of connections and calls on which the memory of the process depends. */
export interface Crowd {
  /** The number of open connections. */
  readonly connections: () => number;
  /** The number of connections since the start that have ended without a call with a right API key. */
  readonly strangersGone: () => number;
  /** The number of calls since the start without a right API key. */
  readonly strangeCalls: () => number;
}

/** Watches the memory of this process. Calls `giveBack` after the last collection of a burst. `close` ends the watch. */
export function guardMemory(
  { connections, strangersGone, strangeCalls }: Crowd,
  giveBack: () => void = trimMalloc,
): { readonly close: () => void } {
  let floor = getHeapStatistics().external_memory;
  let peak = 0;
  /** The value of `strangersGone` at the peak. */
  let goneAtPeak = 0;
  let [strange, before] = [0, 0];
  /** The ended connections and the calls of strangers in this burst. */
  let [ended, called] = [0, 0];
  let quiet = 0;
  let settling: NodeJS.Timeout[] = [];

  function collect(): void {
    collectGarbage();
    floor = getHeapStatistics().external_memory;
  }

  function settle(ms: number): void {
    collect();
    if (ms === SETTLING_MS.at(-1)) giveBack();
  }

  function look(): void {
    const [now, gone] = [connections(), strangersGone()];
    const came = strangeCalls() - strange;
    strange += came;
    called += came;
    ended += gone - before;
    quiet = came > 0 || gone > before ? 0 : quiet + 1;
    before = gone;
    const isOver = peak - now >= MANY_CONNECTIONS;
    const isQuiet = quiet >= QUIET_LOOKS;
    const wereMany = ended >= MANY_CONNECTIONS || called >= MANY_IN_ALL;
    if ((isQuiet && wereMany) || (isOver && gone - goneAtPeak >= MANY_CONNECTIONS)) {
      settling.forEach(clearTimeout);
      settling = SETTLING_MS.map((ms) => setTimeout(settle, ms, ms).unref());
      [ended, called] = [0, 0];
    }
    if (isQuiet) [ended, called] = [0, 0];
    if (isOver || now >= peak) [peak, goneAtPeak] = [now, gone];
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

/** Runs a full garbage collection, which takes about 30 ms for 100 MB. A flag of V8 exposes the function for it. */
function collectGarbage(): void {
  if (gc === undefined) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as () => void;
    setFlagsFromString('--no-expose-gc');
  }
  gc();
}

/** Makes the C library release its free pages: about 100 MB after 5,000 connections of strangers. */
function trimMalloc(): void {
  // The thread's file has the extension of this file: .ts in the sources, .js in the package.
  const url = new URL(`./malloc-trim${extname(import.meta.filename)}`, import.meta.url);
  try {
    const thread = new Worker(url, { name: 'otpd-trim', execArgv: ['--disable-warning=ExperimentalWarning'] });
    thread.on('error', () => undefined).unref();
  } catch {
    // The pages stay, as they do if the thread fails.
  }
}
