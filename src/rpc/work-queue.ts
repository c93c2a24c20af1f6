/** Turns: work that comes in steps gets one turn of the event loop for each step, for any caller, so that other calls are answered in between. */
import { CallFailure } from './failure.ts';

/** The most pieces of work that wait: about what is done within the deadline of a call, so that one more would wait in vain. */
export const MAX_WAITING = 10_000;

/** The call that asked for the work. */
export interface Asker {
  /** Once true the result is not wanted any more. */
  readonly ended: boolean;
}

export interface Turns {
  /**
   * Runs `steps` to its end: the first step at once, each other one in a turn of its own, after the work that waits already. Where nothing is
   * put off the result is given as it is. Rejects with what a step throws, and with `CallFailure` if the asker has ended or too much waits.
   */
  readonly run: <T>(steps: Generator<void, T>, asker: Asker) => T | Promise<T>;
}

interface Work {
  readonly asker: Asker;
  /** Does the next step; whether it was the last. */
  readonly step: () => boolean;
  readonly drop: () => void;
}

/** Makes an empty queue, in which at most `mostWaiting` wait. */
export function createTurns(mostWaiting: number = MAX_WAITING): Turns {
  /** In the order of coming. An array: see `grpc/fast-path/stream-table.ts` on what a `Set` keeps alive. */
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
    // Not a loop: what has come meanwhile is seen to first.
    if (waiting.length > 0) schedule();
  }

  function dropEnded(): void {
    const ended = waiting.filter(({ asker }) => asker.ended);
    waiting = waiting.filter(({ asker }) => !asker.ended);
    for (const { drop } of ended) drop();
  }

  function add(work: Work): void {
    // They take no turn, but memory.
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
