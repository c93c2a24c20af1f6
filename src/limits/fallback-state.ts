/** Whether calls are counted in the shared store, or in this process alone because the store is unreachable. Changes are reported, not every call. */
import type { StoreUnavailableError } from '../ports/store.ts';

export interface FallbackEvents {
  /** A charge in the shared store has failed for the first time: from now on each process counts by itself. */
  readonly onFallback?: ((error: StoreUnavailableError) => void) | undefined;
  /** The shared store has made a charge again. */
  readonly onShared?: (() => void) | undefined;
}

export interface FallbackState {
  /** Names the state; to be read before the shared store is asked. */
  readonly period: number;
  /** The shared store has answered a charge that was begun in `period`. */
  answered(period: number): void;
  /** It has failed to. */
  failed(period: number, error: StoreUnavailableError): void;
}

/** Begins with the shared store. Charges that were under way when the state changed change nothing, so that no outage is reported twice. */
export function createFallbackState({ onFallback, onShared }: FallbackEvents): FallbackState {
  /** Even: shared. Odd: local. */
  let period = 0;
  const isLocal = (): boolean => period % 2 === 1;
  return {
    get period() {
      return period;
    },
    answered(begun) {
      if (begun !== period || !isLocal()) return;
      period += 1;
      onShared?.();
    },
    failed(begun, error) {
      if (begun !== period || isLocal()) return;
      period += 1;
      onFallback?.(error);
    },
  };
}
