/** Watches whether the store can be reached, and says so when that changes: once, not with every call. */
import type { Store } from '../ports/store.ts';

/** How often the store is asked, in ms: an outage and its end show within two of them. */
const INTERVAL_MS = 500;

export interface StoreMonitor {
  /** To be told when a call has found the store away: the change shows at once. */
  readonly away: (error: unknown) => void;
  readonly close: () => void;
}

/** Tells `onChange` of each change; the store counts as reachable at first. */
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
      // Unless it was answered before the alarm.
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
