/** Bounds on calls without an API key, to health and reflection: anybody may make them and hold them open. */
import { networkOf } from '../auth/failure-throttle.ts';
import { createPermits } from '../limits/permits.ts';
import { UnauthenticatedRefusal } from './failure.ts';

/**
 * The most at a time on one connection, identified by its caller's address and port. Callers behind a trusted proxy share connections, so each of them has this
 * bound for its address. A health check takes one, and grpcurl two.
 */
const MOST_A_CONNECTION = 10;
/** The most at a time from one address, over all its connections. */
const MOST_AN_ADDRESS = 500;
/** The most at a time in total: at some 20 kB each they take 100 MB. */
const MOST = 5_000;

/** Takes permits for a call of the peer; returns the function that releases them. Throws `UnauthenticatedRefusal` if there are none left. */
export type EnterUnauthenticated = (peer: string) => () => void;

/** A bound: the most calls at a time with one id in common. */
export interface UnauthenticatedBound {
  readonly idOf: (peer: string) => string;
  readonly most: number;
  /** The error text for a caller that exceeds it, with the remedy. */
  readonly refusal: string;
}

const over = (where: string, most: number) => `too many calls without an API key ${where}: at most ${most} at a time`;

/** The bounds on calls to health and reflection. */
const BOUNDS: readonly UnauthenticatedBound[] = [
  { idOf: (peer) => peer, most: MOST_A_CONNECTION, refusal: over('on this connection', MOST_A_CONNECTION) },
  { idOf: networkOf, most: MOST_AN_ADDRESS, refusal: over('from this address', MOST_AN_ADDRESS) },
  { idOf: () => '', most: MOST, refusal: over('on this server', MOST) },
];

/** Makes a gate with several bounds, which all apply. */
export function createUnauthenticatedBounds(bounds: readonly UnauthenticatedBound[] = BOUNDS): EnterUnauthenticated {
  const counts = bounds.map((bound) => ({ ...bound, permits: createPermits() }));
  return (peer) => {
    const releases: (() => void)[] = [];
    const release = (): void => {
      for (const giveBack of releases) giveBack();
    };
    for (const { permits, idOf, most, refusal } of counts) {
      const giveBack = permits.take(idOf(peer), most);
      if (giveBack === undefined) {
        release();
        throw new UnauthenticatedRefusal(refusal);
      }
      releases.push(giveBack);
    }
    return release;
  };
}
