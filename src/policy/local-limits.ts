/** Call counts in this process's memory: the limits of a single instance, and what holds while a shared store is away. */
import { addCall, advance, stateOf, takeBack, type WindowLog, waitMs } from './limits.ts';
import type { ChargeResult, LimitStore, LimitWindow, WindowState } from './store.ts';

/** Subjects are ids of authenticated keys, no stranger's choice. Beyond this many the first one seen starts afresh. */
const MAX_SUBJECTS = 100_000;
/** Subjects looked at per charge to drop the idle ones: more than one, so that the sweep outruns the growth. */
const SWEPT_A_CHARGE = 2;

interface NamedLog extends WindowLog {
  /** Of the window. */
  readonly name: string;
}

interface Subject {
  /** Few, so that a list takes less of both time and memory than a map. */
  readonly logs: NamedLog[];
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
    const subject: Subject = { logs: [], idleAt: 0 };
    subjects.set(name, subject);
    return subject;
  }

  return {
    charge(subjectName, windows, now) {
      dropIdle(now);
      return chargeSubject(subjectOf(subjectName), windows, now);
    },
    async refund(subjectName, windows, chargedAt) {
      const subject = subjects.get(subjectName);
      if (subject === undefined) return;
      for (const window of windows) {
        const log = window.refundable ? knownLog(subject, window.name) : undefined;
        if (log !== undefined) takeBack(log, chargedAt);
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

function logOf(subject: Subject, name: string): WindowLog {
  const known = knownLog(subject, name);
  if (known !== undefined) return known;
  const log: NamedLog = { entries: [], used: 0, name };
  subject.logs.push(log);
  return log;
}

function knownLog({ logs }: Subject, name: string): NamedLog | undefined {
  for (const log of logs) if (log.name === name) return log;
  return undefined;
}
