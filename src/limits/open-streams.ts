/** The open streams of each key: bounded, because a stream costs as long as it stays open. */

import { Rejection } from '../ports/rejection.ts';
import { createPlaces } from './permits.ts';
import type { Plan } from './plans.ts';

/** Opens a stream for a key, or throws `Rejection` (`too_many_streams`). Gives the release, of which only the first call counts. */
export type OpenStream = (keyId: string, plan: Plan) => () => void;

/** Makes a count of open streams, none at first. It is kept per process, like the streams themselves. */
export function createStreams(): OpenStream {
  const places = createPlaces();
  return (keyId, { streams }) => {
    const close = places.take(keyId, streams);
    if (close === undefined) throw new Rejection('too_many_streams', { metadata: { limit: String(streams) } });
    return close;
  };
}
