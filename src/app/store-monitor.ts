/** Watches whether the store can be reached, and reports each change once. */
import type { Store } from '../ports/store.ts';

/** The interval between two checks, in ms. An outage or its end shows within two checks. */
const INTERVAL_MS = 500;

export interface StoreMonitor {
  /** Call this if a call cannot reach the store, so that the change is reported at once. */
  readonly away: (error: unknown) => void;
  readonly close: () => void;
}

/** Starts the watch. Calls `onChange` on each change; the store counts as reachable at first. */
export function watchStore(store: Store, onChange: (reachable: boolean, error?: unknown) => void): StoreMonitor {
  let reachable = true;
  let closed = false;
  let alarms = 0;
  let timer: NodeJS.Timeout | undefined;

  function tell(now: boolean, error?: unknown): void {
    if (closed || now === reachable) return;
    reachable = now;
    onChange(now, error);
  }

  async function ask(): Promise<void> {
    const before = alarms;
    await store.ping().then(
      // A call may have found the store unreachable after this ping was answered.
      () => alarms === before && tell(true),
      (error: unknown) => tell(false, error),
    );
    if (!closed) timer = setTimeout(ask, INTERVAL_MS).unref();
  }

  void ask();
  return {
    away: (error) => {
      alarms += 1;
      tell(false, error);
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}
