/** A charged call, in one charge or in two: its remaining limits, and its refunds, each made where the charge was counted. */
import { MAX_COST, MONTH, refundedWindows } from '../ports/limits.ts';
import type { Principal } from '../ports/principal.ts';
import { Rejection } from '../ports/rejection.ts';
import type { ChargeResult, LimitStore, LimitWindow, WindowState } from '../ports/store.ts';
import type { Admission } from './admission.ts';
import { creditShareOf } from './calendar-month.ts';
import type { Plan } from './plans.ts';

/** A charge as a counter has accepted or refused it. */
export interface Counted {
  readonly store: LimitStore;
  readonly result: ChargeResult;
}

/** Counts a cost for an API key under a plan. */
export type Count = (principal: Principal, plan: Plan, cost: number) => Counted | Promise<Counted>;

/** A counted charge, and the charge before it. */
interface Charge {
  readonly store: LimitStore;
  readonly chargedAt: number;
  readonly cost: number;
  readonly before: Charge | undefined;
}

export class ChargedCall implements Admission {
  readonly principal: Principal;
  quota: WindowState | undefined = undefined;
  creditShare: number | undefined = undefined;
  readonly #plan: Plan;
  readonly #count: Count;
  #charges: Charge | undefined = undefined;
  #cost = 0;
  #failed = 0;
  #states: readonly WindowState[] = [];
  #isSettled = false;

  /** Charges nothing yet. */
  constructor(principal: Principal, plan: Plan, count: Count) {
    this.principal = principal;
    this.#plan = plan;
    this.#count = count;
  }

  charge(cost: number): void | Promise<void> {
    if (!(Number.isInteger(cost) && cost >= 1 && cost <= MAX_COST)) throw new RangeError(`a call may not cost ${cost}`);
    const tooSmall = this.#charges && this.#plan.windows.find(({ limit }) => limit < this.#cost + cost);
    if (tooSmall !== undefined) throw this.#refusal(cost, tooSmall, Infinity);
    const counted = this.#count(this.principal, this.#plan, cost);
    return counted instanceof Promise ? counted.then((late) => this.#take(late, cost)) : this.#take(counted, cost);
  }

  giveBack(count: number): void {
    this.#failed += count;
    this.#note(withMore(this.#states, this.#failed, { rejected: false }));
  }

  settle(failed: boolean): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#refund(failed ? this.#cost : this.#failed, { rejected: false });
  }

  #take({ store, result }: Counted, cost: number): void {
    this.#states = result.states;
    if (!result.allowed) throw this.#refusal(cost, result.refusing, result.retryAfterMs);
    this.#note(result.states);
    const charge = { store, chargedAt: result.chargedAt, cost, before: this.#charges };
    // The call ended while the charge was in progress.
    if (this.#isSettled) this.#refundOne(charge, cost, { rejected: false });
    this.#charges = charge;
    this.#cost += cost;
  }

  #note(states: readonly WindowState[]): void {
    this.quota = nearestToExhaustion(states);
    this.creditShare = shareOfMonth(states);
  }

  /** Makes the error for a further cost that does not fit, and refunds the earlier charges. */
  #refusal(cost: number, refusing: LimitWindow | undefined, retryAfterMs: number): Rejection {
    const isFinal = retryAfterMs === Infinity;
    const total = this.#cost + cost;
    const metadata = {
      ...(refusing && { window: refusing.name, limit: String(refusing.limit) }),
      ...((isFinal || total > 1) && { cost: String(total) }),
      plan: this.#plan.name,
    };
    const states = withMore(this.#states, this.#cost, { rejected: true });
    // The headers describe the window that the error names.
    this.quota = isFinal ? nearestToExhaustion(states) : states.find(({ window }) => window === refusing);
    this.creditShare = shareOfMonth(states);
    if (!this.#isSettled) this.#refund(this.#cost, { rejected: true });
    this.#isSettled = true;
    const details = { metadata, quota: this.quota, creditShare: this.creditShare, keyId: this.principal.keyId };
    if (isFinal) return new Rejection('cost_over_limit', details);
    return new Rejection(refusing?.name === MONTH ? 'credits_exhausted' : 'rate_limited', { ...details, retryAfterMs });
  }

  /** Refunds `count`, from the latest charge on. */
  #refund(count: number, options: { readonly rejected: boolean }): void {
    let left = count;
    for (let charge = this.#charges; charge !== undefined && left > 0; charge = charge.before) {
      this.#refundOne(charge, Math.min(charge.cost, left), options);
      left -= charge.cost;
    }
  }

  #refundOne({ store, chargedAt }: Charge, count: number, options: { readonly rejected: boolean }): void {
    const { windows } = this.#plan;
    if (windows.length === 0) return;
    // A lost refund costs the caller some calls of an hour; nothing waits for it.
    store.refund(this.principal.keyId, windows, chargedAt, count, options).catch(() => undefined);
  }
}

/** The states after a refund of `count`. */
function withMore(states: readonly WindowState[], count: number, options: { readonly rejected: boolean }): WindowState[] {
  return states.map((state) => {
    const { window, resetMs } = state;
    if (count === 0 || refundedWindows([window], options).length === 0) return state;
    const remaining = Math.min(window.limit, state.remaining + count);
    return { window, remaining, resetMs: remaining === window.limit ? 0 : resetMs };
  });
}

/** The greatest share of `CREDIT_WARNINGS` that the month has reached. */
function shareOfMonth(states: readonly WindowState[]): number | undefined {
  const month = states.find(({ window }) => window.name === MONTH);
  if (month === undefined) return undefined;
  return creditShareOf(month.window.limit - month.remaining, month.window.limit);
}

/** The window with the smallest remaining share; among equals, the window that stays so the longest. */
function nearestToExhaustion(states: readonly WindowState[]): WindowState | undefined {
  let nearest: WindowState | undefined;
  for (const state of states) if (nearest === undefined || isNearer(state, nearest)) nearest = state;
  return nearest;
}

function isNearer(one: WindowState, other: WindowState): boolean {
  const difference = shareLeft(one) - shareLeft(other);
  return difference < 0 || (difference === 0 && one.resetMs > other.resetMs);
}

function shareLeft({ remaining, window }: WindowState): number {
  return remaining / window.limit;
}
