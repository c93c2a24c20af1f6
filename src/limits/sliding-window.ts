/** The sliding window: a log of calls that never lets a span as long as the window hold more than its limit. */

import type { LimitWindow, WindowState } from '../ports/store.ts';
import { CallEntries, NO_ENTRY } from './window-buckets.ts';

/**
 * Calls close together are counted as one entry, which leaves a period after the last of them: a call may stay counted for up to 1/60 of the
 * period too long, never too short, and a log holds at most 62 entries whatever the limit.
 */
const ENTRIES_A_PERIOD = 60;

/** The calls of one subject in one window, of a day at most. */
export interface WindowLog {
  readonly entries: CallEntries;
  /** The newest entry, whose next is the oldest and so on up to it; `NO_ENTRY` in a log without calls. */
  newest: number;
  /** The sum of their counts. */
  used: number;
}

/** A log without calls, whose entries are to be among `entries`. */
export function emptyLog(entries: CallEntries = new CallEntries()): WindowLog {
  return { entries, newest: NO_ENTRY, used: 0 };
}

/** Takes all calls out of a log: its entries are used for others. */
export function clear(log: WindowLog): void {
  while (log.newest !== NO_ENTRY) dropAfter(log, log.newest);
}

/** Brings a log to `now`: drops what has left the window. To be done before anything is asked of the log at that moment. */
export function advance(log: WindowLog, window: LimitWindow, now: number): void {
  const { entries } = log;
  pullBack(log, window, now);
  while (log.newest !== NO_ENTRY && entries.last(entries.next(log.newest)) + window.periodMs <= now) dropAfter(log, log.newest);
}

/** Ms until a charge of `cost` fits; zero if it does now, `Infinity` if it is over the limit, and otherwise at most the period. */
export function waitMs({ entries, newest, used }: WindowLog, window: LimitWindow, now: number, cost: number = 1): number {
  const room = window.limit - cost;
  if (room < 0) return Infinity;
  if (used <= room) return 0;
  let left = used;
  for (let entry = newest; left > 0; ) {
    entry = entries.next(entry);
    left -= entries.count(entry);
    if (left <= room) return entries.last(entry) + window.periodMs - now;
  }
  return window.periodMs;
}

/** Counts a call that costs `cost`: one entry, or a part of the newest one. */
export function addCall(log: WindowLog, window: LimitWindow, now: number, cost: number = 1): void {
  addCalls(log, window, now, now, cost);
}

/** Takes back `count` of what was counted at `chargedAt`, at most what is in the entry of that moment; nothing if that has left. */
export function takeBack(log: WindowLog, chargedAt: number, count: number = 1): void {
  const { entries, newest } = log;
  let before = NO_ENTRY;
  for (let entry = newest, seen = 0; seen < log.used; entry = entries.next(entry)) {
    if (entries.first(entries.next(entry)) <= chargedAt) before = entry;
    seen += entries.count(entries.next(entry));
  }
  if (before === NO_ENTRY) return;
  const entry = entries.next(before);
  const counted = entries.count(entry);
  if (counted <= count) {
    dropAfter(log, before);
  } else {
    entries.setCount(entry, counted - count);
    log.used -= count;
  }
}

/** How the window stands. */
export function stateOf({ entries, newest, used }: WindowLog, window: LimitWindow, now: number): WindowState {
  return {
    window,
    remaining: Math.max(0, window.limit - used),
    resetMs: newest === NO_ENTRY ? 0 : entries.last(entries.next(newest)) + window.periodMs - now,
  };
}

/**
 * A clock that stepped back leaves calls in the future. They are taken to have come now: no later than they leave, the limit has held, and
 * nobody waits longer than a period for them.
 */
function pullBack(log: WindowLog, window: LimitWindow, now: number): void {
  const { entries } = log;
  if (log.newest === NO_ENTRY || entries.last(log.newest) <= now) return;
  let before = log.newest;
  while (entries.last(entries.next(before)) <= now) before = entries.next(before);
  let first = now;
  let count = 0;
  while (log.newest !== NO_ENTRY && entries.last(log.newest) > now) {
    const entry = entries.next(before);
    first = Math.min(first, entries.first(entry));
    count += entries.count(entry);
    dropAfter(log, before);
  }
  addCalls(log, window, first, now, count);
}

function addCalls(log: WindowLog, window: LimitWindow, first: number, last: number, count: number): void {
  const { entries, newest } = log;
  if (newest !== NO_ENTRY && last - entries.first(newest) < window.periodMs / ENTRIES_A_PERIOD) {
    entries.setLast(newest, last);
    entries.setCount(newest, entries.count(newest) + count);
  } else {
    log.newest = entries.take(first, last, count);
    if (newest !== NO_ENTRY) {
      entries.setNext(log.newest, entries.next(newest));
      entries.setNext(newest, log.newest);
    }
  }
  log.used += count;
}

/** Drops the entry that follows `before`: in a ring of one, that is the same. */
function dropAfter(log: WindowLog, before: number): void {
  const { entries } = log;
  const entry = entries.next(before);
  log.used -= entries.count(entry);
  entries.setNext(before, entries.next(entry));
  if (entry === log.newest) log.newest = entry === before ? NO_ENTRY : before;
  entries.giveBack(entry);
}
