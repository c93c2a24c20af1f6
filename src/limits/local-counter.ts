/** Call counts in this process's memory: the limits of a single instance, and what holds while a shared store is away. */

import { refundedWindows } from '../ports/limits.ts';
import type { LimitStore, LimitWindow, WindowState } from '../ports/store.ts';
import { createIdTable } from '../util/id-table.ts';
import { NONE } from '../util/lru-slots.ts';
import { addCall, advance, clear, stateOf, takeBack, type WindowLog, waitMs } from './sliding-window.ts';
import { CallEntries } from './window-buckets.ts';

/** Subjects are ids of authenticated keys, no stranger's choice. Beyond this many the first one seen starts afresh. */
const MAX_SUBJECTS = 100_000;
/** Subjects looked at per charge to drop the idle ones: more than one, so that the sweep outruns the growth. */
const SWEPT_A_CHARGE = 2;

/** Makes an empty table of call counts. Needs no timer: each charge looks at a few subjects and drops the idle ones. */
export function createLocalLimits(): LimitStore {
  const subjects = createIdTable(MAX_SUBJECTS);
  /** By row: when the last call has left the longest window, in ms since the epoch. */
  const idleAt = new Float64Array(MAX_SUBJECTS);
  const entries = new CallEntries();
  /** Few: a name of a window each. */
  const columns: LogColumn[] = [];
  let swept = 0;

  function logOf(row: number, name: string): LogColumn {
    let column = columns.find((known) => known.name === name);
    if (column === undefined) {
      column = new LogColumn(name, entries);
      columns.push(column);
    }
    return column.at(row);
  }

  function drop(row: number): void {
    for (const column of columns) clear(column.at(row));
    // Never due, as long as nobody has the row.
    idleAt[row] = Infinity;
    subjects.remove(row);
  }

  function dropIdle(now: number): void {
    const { given } = subjects.rows;
    for (let looked = 0; looked < SWEPT_A_CHARGE && looked < given; looked += 1) {
      swept = (swept + 1) % given;
      if ((idleAt[swept] as number) <= now) drop(swept);
    }
  }

  function rowOf(subject: string): number {
    const known = subjects.find(subject);
    if (known !== NONE) return known;
    if (subjects.rows.size === MAX_SUBJECTS) drop(subjects.rows.oldest);
    const row = subjects.add(subject);
    idleAt[row] = 0;
    return row;
  }

  return {
    charge(subject, windows, cost, now) {
      dropIdle(now);
      const row = rowOf(subject);
      let retryAfterMs = 0;
      let refusing: LimitWindow | undefined;
      for (const window of windows) {
        const log = logOf(row, window.name);
        advance(log, window, now);
        const wait = waitMs(log, window, now, cost);
        if (wait > retryAfterMs) {
          retryAfterMs = wait;
          refusing = window;
        }
      }
      const allowed = retryAfterMs === 0;
      const states: WindowState[] = [];
      for (const window of windows) {
        const log = logOf(row, window.name);
        if (allowed) {
          addCall(log, window, now, cost);
          idleAt[row] = Math.max(idleAt[row] as number, now + window.periodMs);
        }
        states.push(stateOf(log, window, now));
      }
      return { allowed, chargedAt: now, retryAfterMs, refusing, states };
    },
    async refund(subject, windows, chargedAt, count, options) {
      const row = subjects.find(subject);
      if (row === NONE) return;
      for (const { name } of refundedWindows(windows, options)) takeBack(logOf(row, name), chargedAt, count);
    },
  };
}

/** The logs of all subjects in the windows of one name; it is itself the log of the row that was named last. */
class LogColumn implements WindowLog {
  readonly name: string;
  readonly entries: CallEntries;
  /** By row: the newest entry, and the number of calls. */
  readonly #logs: Uint32Array = new Uint32Array(2 * MAX_SUBJECTS);
  #place = 0;

  constructor(name: string, entries: CallEntries) {
    this.name = name;
    this.entries = entries;
  }

  at(row: number): this {
    this.#place = 2 * row;
    return this;
  }

  get newest(): number {
    return this.#logs[this.#place] as number;
  }

  set newest(entry: number) {
    this.#logs[this.#place] = entry;
  }

  get used(): number {
    return this.#logs[this.#place + 1] as number;
  }

  set used(calls: number) {
    this.#logs[this.#place + 1] = calls;
  }
}
