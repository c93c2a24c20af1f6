/** A single timer for many deadlines. Most calls end long before their deadline, and a timer for each would cost more than the call. */
import { monotonicMs } from './orders.ts';

export interface Alarm {
  /** Makes the alarm ring at `deadline`, in ms of `monotonicMs`, unless it is set to an earlier time. */
  setFor(deadline: number): void;
  stop(): void;
}

/** Makes an alarm that is not set. It keeps the process alive while it is set. After it has rung it is no longer set. */
export function createAlarm(ring: () => void): Alarm {
  let timer: NodeJS.Timeout | undefined;
  let rings = Number.POSITIVE_INFINITY;

  function stop(): void {
    clearTimeout(timer);
    rings = Number.POSITIVE_INFINITY;
  }

  function goOff(): void {
    stop();
    // If this thread was blocked past the deadline, the reply may have arrived: its event comes before the alarm.
    setImmediate(ring);
  }

  return {
    setFor(deadline) {
      if (deadline >= rings) return;
      clearTimeout(timer);
      rings = deadline;
      // A thread that was held up may set it for a time that is over. Node would warn of a negative time.
      timer = setTimeout(goOff, Math.max(0, deadline - monotonicMs()));
    },
    stop,
  };
}
