/** Call counts in the memory of this process: the limits of a single instance, and of every instance while the shared store is unavailable. */
import { LRUCache } from 'lru-cache';
import { MONTH, refundedWindows } from '../ports/limits.ts';
import type { LimitStore, LimitWindow, WindowUsage } from '../ports/store.ts';
import {
  addCredits,
  advanceMonth,
  emptyMonth,
  type MonthLog,
  monthStateOf,
  monthWaitMs,
  takeCreditsBack,
} from './calendar-month.ts';
import { addCall, advance, stateOf, takeBack, type WindowLog, waitMs } from './sliding-window.ts';

/** Subjects are ids of authenticated keys, which strangers cannot choose. Above this many, the subject with the oldest last call is dropped. */
const MAX_SUBJECTS = 100_000;

/** The calls of a subject in the windows with one name. */
interface NamedLog extends WindowLog {
  readonly name: string;
}

/** The counted credits by subject. They are never dropped: some hundred bytes for each key that has called in the month. */
export interface MonthTable {
  readonly logs: Map<string, MonthLog>;
  /** Called on each change, with whether it caused a warning. */
  readonly onChange?: ((subject: string, hasWarned: boolean) => void) | undefined;
}

/** Makes a table of call counts, empty except for the credits in `months`. */
export function createLocalLimits({ logs: months, onChange }: MonthTable = { logs: new Map() }): LimitStore {
  // Bounded by size, because a table bounded by `max` allocates all its memory at the start.
  const subjects = new LRUCache<string, NamedLog[]>({ maxSize: MAX_SUBJECTS, sizeCalculation: () => 1 });

  function logsOf(subject: string, windows: readonly LimitWindow[]): NamedLog[] {
    const known = subjects.get(subject);
    if (known !== undefined) return known;
    const logs = windows.filter(({ name }) => name !== MONTH).map(emptyLogOf);
    subjects.set(subject, logs);
    return logs;
  }

  function monthOf(subject: string, now: number): MonthLog {
    const known = months.get(subject);
    if (known !== undefined) {
      advanceMonth(known, now);
      return known;
    }
    const log = emptyMonth(now);
    months.set(subject, log);
    return log;
  }

  return {
    charge(subject, windows, cost, now) {
      const logs = logsOf(subject, windows);
      let retryAfterMs = 0;
      let refusing: LimitWindow | undefined;
      for (const window of windows) {
        let wait: number;
        if (window.name === MONTH) {
          wait = monthWaitMs(monthOf(subject, now), window, now, cost);
        } else {
          const log = logOf(logs, window);
          advance(log, window, now);
          wait = waitMs(log, window, now, cost);
        }
        if (wait <= retryAfterMs) continue;
        retryAfterMs = wait;
        refusing = window;
      }
      const allowed = retryAfterMs === 0;
      let warnings: readonly number[] | undefined;
      const states = windows.map((window) => {
        if (window.name === MONTH) {
          const month = monthOf(subject, now);
          if (allowed) {
            warnings = addCredits(month, window, cost);
            onChange?.(subject, warnings !== undefined);
          }
          return monthStateOf(month, window, now);
        }
        const log = logOf(logs, window);
        if (allowed) addCall(log, window, now, cost);
        return stateOf(log, window, now);
      });
      return { allowed, chargedAt: now, retryAfterMs, refusing, states, warnings };
    },
    async refund(subject, windows, chargedAt, count, options) {
      const logs = subjects.peek(subject) ?? [];
      for (const window of refundedWindows(windows, options)) {
        if (window.name === MONTH) {
          const month = months.get(subject);
          if (month === undefined) continue;
          takeCreditsBack(month, chargedAt, count);
          onChange?.(subject, false);
        } else takeBack(logOf(logs, window), window, chargedAt, count);
      }
    },
    usage(subject, windows, now) {
      const logs = subjects.peek(subject) ?? [];
      return windows.map((window): WindowUsage => {
        if (window.name === MONTH) {
          const month = { ...(months.get(subject) ?? emptyMonth(now)) };
          advanceMonth(month, now);
          return usageOf(month.used, monthStateOf(month, window, now).resetMs, window, now);
        }
        const log = logOf(logs, window);
        advance(log, window, now);
        return usageOf(log.used, stateOf(log, window, now).resetMs, window, now);
      });
    },
  };
}

function usageOf(used: number, resetMs: number, window: LimitWindow, now: number): WindowUsage {
  return { window, used, resetTime: used === 0 ? undefined : now + resetMs };
}

/** The log of a window, created if the plan has gained windows since the first call. */
function logOf(logs: NamedLog[], window: LimitWindow): NamedLog {
  for (const log of logs) if (log.name === window.name) return log;
  const log = emptyLogOf(window);
  logs.push(log);
  return log;
}

function emptyLogOf({ name }: LimitWindow): NamedLog {
  return { name, buckets: [], used: 0 };
}
