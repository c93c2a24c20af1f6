/** The open streams of each key: bounded, because a stream costs as long as it stays open. */
import type { Plan } from './plans.ts';
import { Rejection } from './rejection.ts';

/** Opens a stream for a key, or throws `Rejection` (`too_many_streams`). Gives the release, of which only the first call counts. */
export type OpenStream = (keyId: string, plan: Plan) => () => void;

/** Makes a count of open streams, none at first. It is kept per process, like the streams themselves. */
export function createStreams(): OpenStream {
  const open = new Map<string, number>();

  function close(keyId: string): void {
    const left = (open.get(keyId) ?? 0) - 1;
    if (left > 0) open.set(keyId, left);
    else open.delete(keyId);
  }

  return (keyId, plan) => {
    const count = open.get(keyId) ?? 0;
    if (count >= plan.streams) throw new Rejection('too_many_streams', { metadata: { limit: String(plan.streams) } });
    open.set(keyId, count + 1);
    let released = false;
    return () => {
      if (!released) close(keyId);
      released = true;
    };
  };
}
