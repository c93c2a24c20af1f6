/** Watches the API keys of long calls, such as streams: checks each key again during its call, with one query for all of them. */
import { Rejection } from '../ports/rejection.ts';
import type { Clock } from '../ports/store.ts';
import type { ParsedApiKey } from './api-key.ts';
import { type CachedKey, type KeyCache, MAX_AGE_MS } from './key-cache.ts';
import { isConfirmed, isWithin, type KeysVersion } from './key-set-version.ts';
import { opensUntil } from './secret-check.ts';

/** The interval at which the version of all keys is read, in ms. */
const CHECK_MS = 200;
/** The streams whose keys are read at the same time: few enough for a network's share of the look-ups while others wait. */
const READ_AT_ONCE = 200;
/** The network to which these look-ups belong. No other look-up belongs to it. */
const NETWORK = 'open streams';

export interface KeyWatch {
  /** Watches a key: see `Authenticator`. Returns the function that ends the watch. */
  add(key: ParsedApiKey, onEnded: (reason: unknown) => void): () => void;
  /** Reads every key again at the next check. */
  forget(): void;
}

/** The key of a call: the secret that admitted the call, and the last known state of the key. */
interface Watched {
  readonly key: ParsedApiKey;
  readonly onEnded: (reason: unknown) => void;
  /** When the secret ends, in ms since the epoch. */
  until: number;
  version: KeysVersion | undefined;
  askedAt: number;
}

/** Makes a watch without keys. It has a timer only while there are keys to watch. */
export function createKeyWatch(cache: KeyCache, clock: Clock): KeyWatch {
  const all = new Set<Watched>();
  let timer: NodeJS.Timeout | undefined;
  let isReading = false;

  function remove(one: Watched): void {
    all.delete(one);
    if (all.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  function end(one: Watched, reason: unknown): void {
    if (!all.has(one)) return;
    remove(one);
    one.onEnded(reason);
  }

  function check(): void {
    const now = clock();
    for (const one of all) if (now >= one.until) end(one, new Rejection('api_key_invalid'));
    // The end of a secret is known without the store, which may take its time.
    if (isReading) return;
    isReading = true;
    void readChanged().finally(() => {
      isReading = false;
    });
  }

  async function readChanged(): Promise<void> {
    // If the version cannot be read, each key is read instead.
    const version = await cache.askVersion().catch(() => undefined);
    const now = clock();
    const isCurrent = (one: Watched): boolean => one.version === version && isWithin(one.askedAt, MAX_AGE_MS, now);
    const changed = [...all].filter((one) => version === undefined || !isConfirmed(version, now) || !isCurrent(one));
    for (let from = 0; from < changed.length; from += READ_AT_ONCE)
      await Promise.all(changed.slice(from, from + READ_AT_ONCE).map(readAnew));
  }

  async function readAnew(one: Watched): Promise<void> {
    try {
      take(one, await cache.read(one.key.id, NETWORK));
      if (clock() >= one.until) end(one, new Rejection('api_key_invalid'));
    } catch (error) {
      end(one, error);
    }
  }

  return {
    add(key, onEnded) {
      const one: Watched = { key, onEnded, until: Infinity, version: undefined, askedAt: -Infinity };
      const remembered = cache.get(key.id);
      if (remembered !== undefined) take(one, remembered);
      all.add(one);
      timer ??= setInterval(check, CHECK_MS).unref();
      return () => remove(one);
    },
    forget() {
      for (const one of all) one.version = undefined;
    },
  };
}

function take(one: Watched, { lock, version, askedAt }: CachedKey): void {
  one.until = opensUntil(lock, one.key.digest);
  one.version = version;
  one.askedAt = askedAt;
}
