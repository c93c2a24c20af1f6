/** Whether any API key was changed: asked of the store for all of them at once, and only while there are calls. */
import { Rejection } from '../ports/rejection.ts';
import { type Clock, type KeyStore, StoreUnavailableError } from '../ports/store.ts';

/** How old the store's word may be: a change acts within that. */
export const FRESH_MS = 500;
/** From this age on the store is asked anew while calls go on by its last word, so that none has to wait. */
const REFRESH_MS = 250;
/** How long the store's last word holds while it does not answer. */
const OUTAGE_MS = 15 * 60_000;

/** A state of all keys; the same object as long as it is in force. */
export interface KeysVersion {
  readonly text: string;
  /** When the store was last asked and named this version. In ms since the epoch. */
  confirmedAt: number;
}

export interface VersionWatch {
  /** The version in force, by a word that is fresh or, while the store is away, the last one; undefined if `ask` has to be waited for. */
  current(now: number): KeysVersion | undefined;
  /** Asks the store; concurrent calls share one answer. While it is away, its last word. Throws `Rejection` (`store_unavailable`) without one. */
  ask(): Promise<KeysVersion>;
}

/** Makes a watch that has asked nothing yet. */
export function watchVersion(keys: KeyStore, clock: Clock): VersionWatch {
  let version: KeysVersion | undefined;
  /** When the store was last asked, whether or not it answered. */
  let askedAt = -Infinity;
  let asking: Promise<KeysVersion> | undefined;

  async function question(): Promise<KeysVersion> {
    // The moment before the question: what the store says may be as old as that.
    const startedAt = clock();
    try {
      const text = await keys.version();
      if (version?.text !== text) version = { text, confirmedAt: startedAt };
      version.confirmedAt = startedAt;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      if (version === undefined) throw unavailable(error);
    }
    askedAt = startedAt;
    return version;
  }

  function ask(): Promise<KeysVersion> {
    asking ??= question().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  return {
    current(now) {
      if (version === undefined || !isWithin(askedAt, FRESH_MS, now) || !isConfirmed(version, now)) return undefined;
      // Nobody waits for this answer: who needs one, once this one is too old, asks again and is told what is wrong.
      if (asking === undefined && !isWithin(askedAt, REFRESH_MS, now)) ask().catch(() => undefined);
      return version;
    },
    ask,
  };
}

/** Whether what was read under a version may be gone by, although the store does not answer. */
export function isConfirmed({ confirmedAt }: KeysVersion, now: number): boolean {
  return isWithin(confirmedAt, OUTAGE_MS, now);
}

/** A moment in the future, left by a clock that stepped back, is within nothing. */
export function isWithin(moment: number, spanMs: number, now: number): boolean {
  return moment <= now && now - moment < spanMs;
}

/** The store does not answer, and there is nothing to go by. */
export function unavailable(cause: StoreUnavailableError): Rejection {
  return new Rejection('store_unavailable', { cause });
}
