/** The state of a call that a button starts. */
import { useRef, useState } from 'preact/hooks';
import { type Failure, failureOf } from './failure.ts';

export interface CallState<A> {
  readonly answer: A | undefined;
  readonly failure: Failure | undefined;
  readonly isRunning: boolean;
  /** Makes the call. The answer to an earlier call that is still in progress is ignored. */
  readonly start: (call: () => Promise<A>) => Promise<void>;
}

export function useCall<A>(): CallState<A> {
  const [answer, setAnswer] = useState<A>();
  const [failure, setFailure] = useState<Failure>();
  const [isRunning, setRunning] = useState(false);
  const latest = useRef(0);

  async function start(call: () => Promise<A>): Promise<void> {
    latest.current += 1;
    const mine = latest.current;
    setRunning(true);
    const outcome = await call().then(
      (value) => ({ value, failure: undefined }),
      (error: unknown) => ({ value: undefined, failure: failureOf(error) }),
    );
    if (latest.current !== mine) return;
    setAnswer(() => outcome.value);
    setFailure(outcome.failure);
    setRunning(false);
  }

  return { answer, failure, isRunning, start };
}
