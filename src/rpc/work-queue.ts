/** Turns: work in steps gets one turn of the event loop per step, for any caller, so that other calls are answered in between. */
import { CallFailure } from './failure.ts';

/** The most pieces of work that wait: about the work of a call's deadline. Further work would wait in vain. */
export const MAX_WAITING = 10_000;

/** The call that needs the work. */
export interface Asker {
  /** True once the result is not needed any more. */
  readonly ended: boolean;
}

export interface Turns {
  /**
   * Runs `steps` to the end: the first step at once, and each further step in its own turn, after the work that waits already. Returns the result itself if the
   * first step is the last. Rejects with the error of a step, and with `CallFailure` if the call has ended or too much work waits.
   */
  readonly run: <T>(steps: Generator<void, T>, asker: Asker) => T | Promise<T>;
}

interface Work {
  readonly asker: Asker;
  /** Runs the next step; returns whether it was the last. */
  readonly step: () => boolean;
  readonly drop: () => void;
}

/** Makes an empty queue in which at most `mostWaiting` pieces of work wait. */
export function createTurns(mostWaiting: number = MAX_WAITING): Turns {
  /** In the order of arrival. An array, since a `Set` would keep removed work alive (`grpc/fast-path/stream-table.ts`). */
  let waiting: Work[] = [];
  let isScheduled = false;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(takeTurn);
  }

  function takeTurn(): void {
    isScheduled = false;
    while (waiting[0]?.asker.ended) waiting.shift()?.drop();
    if (waiting[0]?.step()) waiting.shift();
    // Not a loop, so that events that have arrived in the meantime are handled first.
    if (waiting.length > 0) schedule();
  }

  function dropEnded(): void {
    const ended = waiting.filter(({ asker }) => asker.ended);
    waiting = waiting.filter(({ asker }) => !asker.ended);
    for (const { drop } of ended) drop();
  }

  function add(work: Work): void {
    // Ended work takes no turn, but it takes memory.
    if (waiting.length >= mostWaiting) dropEnded();
    if (waiting.length >= mostWaiting) {
      work.drop();
      return;
    }
    waiting.push(work);
    schedule();
  }

  return {
    run(steps, asker) {
      const first = steps.next();
      if (first.done) return first.value;
      return new Promise((resolve, reject) => {
        const step = (): boolean => {
          try {
            const { done, value } = steps.next();
            if (done) resolve(value);
            return done === true;
          } catch (error) {
            reject(error);
            return true;
          }
        };
        add({ asker, step, drop: () => reject(new CallFailure('deadline_exceeded')) });
      });
    },
  };
}
