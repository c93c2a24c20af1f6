/** Call counts in this process's memory: the limits of a single instance, and what holds while a shared store is away. */
import { addCall, advance, emptyLog, stateOf, takeBack, type WindowLog, waitMs } from './limits.ts';
import type { ChargeResult, LimitStore, LimitWindow, WindowState } from './store.ts';

/** Subjects are ids of authenticated keys, no stranger's choice. Beyond this many the first one seen starts afresh. */
const MAX_SUBJECTS = 100_000;
/** Subjects looked at per charge to drop the idle ones: more than one, so that the sweep outruns the growth. */
const SWEPT_A_CHARGE = 2;

interface Subject {
  /** By the window's name. */
  readonly logs: Map<string, WindowLog>;
  /** When the last call has left the longest window, in ms since the epoch. */
  idleAt: number;
}

/** Makes an empty table of call counts. Needs no timer: each charge looks at a few subjects and drops the idle ones. */
export function createLocalLimits(): LimitStore {
  const subjects = new Map<string, Subject>();
  let sweep = subjects.keys();

  function dropIdle(now: number): void {
    for (let looked = 0; looked < SWEPT_A_CHARGE; looked += 1) {
      const next = sweep.next();
      if (next.done) {
        sweep = subjects.keys();
        return;
      }
      const subject = subjects.get(next.value);
      if (subject !== undefined && subject.idleAt <= now) subjects.delete(next.value);
    }
  }

  function subjectOf(name: string): Subject {
    const known = subjects.get(name);
    if (known !== undefined) return known;
    const [first] = subjects.keys();
    if (subjects.size >= MAX_SUBJECTS && first !== undefined) subjects.delete(first);
    const subject: Subject = { logs: new Map(), idleAt: 0 };
    subjects.set(name, subject);
    return subject;
  }

  return {
    charge(subjectName, windows, now) {
      dropIdle(now);
      return chargeSubject(subjectOf(subjectName), windows, now);
    },
    async refund(subjectName, windows, chargedAt) {
      const logs = subjects.get(subjectName)?.logs;
      if (logs === undefined) return;
      for (const window of windows) {
        const log = logs.get(window.name);
        if (window.refundable && log !== undefined) takeBack(log, chargedAt);
      }
    },
  };
}

function chargeSubject(subject: Subject, windows: readonly LimitWindow[], now: number): ChargeResult {
  let retryAfterMs = 0;
  for (const window of windows) {
    const log = logOf(subject, window.name);
    advance(log, window, now);
    retryAfterMs = Math.max(retryAfterMs, waitMs(log, window, now));
  }
  const allowed = retryAfterMs === 0;
  const states: WindowState[] = [];
  for (const window of windows) {
    const log = logOf(subject, window.name);
    if (allowed) {
      addCall(log, window, now);
      subject.idleAt = Math.max(subject.idleAt, now + window.periodMs);
    }
    states.push(stateOf(log, window, now));
  }
  return { allowed, chargedAt: now, retryAfterMs, states };
}

function logOf({ logs }: Subject, windowName: string): WindowLog {
  const known = logs.get(windowName);
  if (known !== undefined) return known;
  const log = emptyLog();
  logs.set(windowName, log);
  return log;
}
