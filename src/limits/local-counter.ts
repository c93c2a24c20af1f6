/** Call counts in this process's memory: the limits of a single instance, and what holds while a shared store is away. */
import { LRUCache } from 'lru-cache';
import { refundedWindows } from '../ports/limits.ts';
import type { LimitStore, LimitWindow } from '../ports/store.ts';
import { addCall, advance, stateOf, takeBack, type WindowLog, waitMs } from './sliding-window.ts';

/** Subjects are ids of authenticated keys, no stranger's choice. Beyond this many the one that called the longest ago starts afresh. */
const MAX_SUBJECTS = 100_000;

/** A subject's log in the windows of one name. */
interface NamedLog extends WindowLog {
  readonly name: string;
}

/** Makes an empty table of call counts. */
export function createLocalLimits(): LimitStore {
  // By size: a table bounded by `max` has all its memory from the start.
  const subjects = new LRUCache<string, NamedLog[]>({ maxSize: MAX_SUBJECTS, sizeCalculation: () => 1 });

  function logsOf(subject: string, windows: readonly LimitWindow[]): NamedLog[] {
    const known = subjects.get(subject);
    if (known !== undefined) return known;
    const logs = windows.map(emptyLogOf);
    subjects.set(subject, logs);
    return logs;
  }

  return {
    charge(subject, windows, cost, now) {
      const logs = logsOf(subject, windows);
      let retryAfterMs = 0;
      let refusing: LimitWindow | undefined;
      for (const window of windows) {
        const log = logOf(logs, window);
        advance(log, window, now);
        const wait = waitMs(log, window, now, cost);
        if (wait <= retryAfterMs) continue;
        retryAfterMs = wait;
        refusing = window;
      }
      const allowed = retryAfterMs === 0;
      const states = windows.map((window) => {
        const log = logOf(logs, window);
        if (allowed) addCall(log, window, now, cost);
        return stateOf(log, window, now);
      });
      return { allowed, chargedAt: now, retryAfterMs, refusing, states };
    },
    async refund(subject, windows, chargedAt, count, options) {
      const logs = subjects.peek(subject) ?? [];
      for (const window of refundedWindows(windows, options)) takeBack(logOf(logs, window), window, chargedAt, count);
    },
  };
}

/** The log of a window. A plan with further windows may have come since the first call. */
function logOf(logs: NamedLog[], window: LimitWindow): NamedLog {
  for (const log of logs) if (log.name === window.name) return log;
  const log = emptyLogOf(window);
  logs.push(log);
  return log;
}

function emptyLogOf({ name }: LimitWindow): NamedLog {
  return { name, buckets: [], used: 0 };
}
