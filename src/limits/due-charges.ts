/**
 * How many calls of each API key are let in whose charges are due. As many as its tightest limit lets in at all, and no more: callers who send no
 * request would otherwise hold as many calls open as they like, and be refused when their time is over.
 */
import { createPlaces } from './permits.ts';
import type { Plan } from './plans.ts';

/** Takes a place for a call; gives its release, or undefined where there is none left: then the call is to be charged first. */
export type DueCharges = (keyId: string, plan: Plan) => (() => void) | undefined;

/** Makes the count, of nothing at first. */
export function createDueCharges(): DueCharges {
  const places = createPlaces();
  return (keyId, { windows }) => {
    let tightest = Number.POSITIVE_INFINITY;
    for (const { limit } of windows) tightest = Math.min(tightest, limit);
    return places.take(keyId, tightest);
  };
}
