/**
 * How many calls of each API key are let in whose charges are due. As many as its tightest limit lets in at all, and no more: callers who send no
 * request would otherwise hold as many calls open as they like, and be refused when their time is over.
 */
import type { Plan } from './plans.ts';

/** Takes a place for a call; gives its release, or undefined where there is none left: then the call is to be charged first. */
export type DueCharges = (keyId: string, plan: Plan) => (() => void) | undefined;

/** Makes the count; those that have no charge due are not in it. */
export function createDueCharges(): DueCharges {
  const due = new Map<string, number>();

  function leave(keyId: string): void {
    const left = (due.get(keyId) ?? 0) - 1;
    if (left > 0) due.set(keyId, left);
    else due.delete(keyId);
  }

  return (keyId, { windows }) => {
    const others = due.get(keyId) ?? 0;
    for (const { limit } of windows) if (others >= limit) return undefined;
    due.set(keyId, others + 1);
    return () => leave(keyId);
  };
}
