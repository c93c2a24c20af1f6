/** A single alarm for many deadlines, most of which are met long before: a timer for each would cost more than what it watches. */
import { monotonicMs } from './orders.ts';

export interface Alarm {
  /** Has it ring at `deadline`, in ms of `monotonicMs`, unless it rings before anyway. */
  setFor(deadline: number): void;
  stop(): void;
}

/** Keeps the process alive while it is set; once it has rung it is not. */
export function createAlarm(ring: () => void): Alarm {
  let timer: NodeJS.Timeout | undefined;
  let rings = Number.POSITIVE_INFINITY;

  function stop(): void {
    clearTimeout(timer);
    rings = Number.POSITIVE_INFINITY;
  }

  function goOff(): void {
    stop();
    // If it was this thread that was held up, what is waited for has come meanwhile: events first.
    setImmediate(ring);
  }

  return {
    setFor(deadline) {
      if (deadline >= rings) return;
      clearTimeout(timer);
      rings = deadline;
      timer = setTimeout(goOff, deadline - monotonicMs());
    },
    stop,
  };
}
