/** Tells whether any API key has changed: one version for all keys, read from the store only while there are calls. */
import { Rejection } from '../ports/rejection.ts';
import { type Clock, type KeyStore, StoreUnavailableError } from '../ports/store.ts';

/** The longest age of a version, within which every change takes effect. */
export const FRESH_MS = 500;
/** From this age on the version is read again in the background, so that no call has to wait. */
const REFRESH_MS = 250;
/** How long the last version holds while the store does not answer. */
const OUTAGE_MS = 15 * 60_000;

/** A version of all keys. The same object represents the version until a key changes. */
export interface KeysVersion {
  readonly text: string;
  /** When the store was last asked and returned this version, in ms since the epoch. */
  confirmedAt: number;
}

export interface VersionWatch {
  /** Returns a fresh version or, while the store is unavailable, the last version; undefined if the caller has to wait for `ask`. */
  current(now: number): KeysVersion | undefined;
  /**
   * Reads the version from the store; concurrent calls share one answer. Returns the last version while the store is unavailable; throws `Rejection`
   * (`store_unavailable`) without one.
   */
  ask(): Promise<KeysVersion>;
}

/** Makes a watch that has not read a version yet. */
export function watchVersion(keys: KeyStore, clock: Clock): VersionWatch {
  let version: KeysVersion | undefined;
  /** When the store was last asked, whether or not it answered. */
  let askedAt = -Infinity;
  let asking: Promise<KeysVersion> | undefined;

  async function question(): Promise<KeysVersion> {
    // The time before the query, since the answer may be as old as the query.
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
      // No call waits for this answer. A call that needs a newer version asks again, and gets the error.
      if (asking === undefined && !isWithin(askedAt, REFRESH_MS, now)) ask().catch(() => undefined);
      return version;
    },
    ask,
  };
}

/** Whether answers read under a version may still be used although the store does not answer. */
export function isConfirmed({ confirmedAt }: KeysVersion, now: number): boolean {
  return isWithin(confirmedAt, OUTAGE_MS, now);
}

/** Whether `moment` lies at most `spanMs` before `now`; false for a moment in the future, which a clock that stepped back leaves. */
export function isWithin(moment: number, spanMs: number, now: number): boolean {
  return moment <= now && now - moment < spanMs;
}

/** The error if the store does not answer and no earlier answer can be used. */
export function unavailable(cause: StoreUnavailableError): Rejection {
  return new Rejection('store_unavailable', { cause });
}
