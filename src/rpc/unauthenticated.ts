/** Calls that need no API key, to health and reflection: few at a time, since anybody may make them and hold them open. */
import { networkOf } from '../auth/failure-throttle.ts';
import { createPermits } from '../limits/permits.ts';
import { UnauthenticatedRefusal } from './failure.ts';

/**
 * The most at a time on one connection, which its caller's address and port stand for; callers behind a trusted proxy share connections, and
 * each has these for its address. A health check takes one, and grpcurl two.
 */
const MOST_A_CONNECTION = 10;
/** The most at a time from one address, whatever its connections. */
const MOST_AN_ADDRESS = 500;
/** The most at a time in all: at some 20 kB each they take 100 MB. */
const MOST = 5_000;

/** Takes permits for a call of the peer; gives what gives them back. Throws `UnauthenticatedRefusal` if there are none left. */
export type EnterUnauthenticated = (peer: string) => () => void;

/** Makes the three bounds, with no call under way. */
export function createUnauthenticatedBounds(): EnterUnauthenticated {
  const connections = createPermits();
  const addresses = createPermits();
  const all = createPermits();
  return (peer) => {
    const releases: (() => void)[] = [];
    const release = (): void => {
      for (const giveBack of releases) giveBack();
    };
    const take = (permits: typeof all, id: string, most: number, where: string): void => {
      const giveBack = permits.take(id, most);
      if (giveBack !== undefined) {
        releases.push(giveBack);
        return;
      }
      release();
      throw new UnauthenticatedRefusal(`too many calls without an API key ${where}: at most ${most} at a time`);
    };
    take(connections, peer, MOST_A_CONNECTION, 'on this connection');
    take(addresses, networkOf(peer), MOST_AN_ADDRESS, 'from this address');
    take(all, '', MOST, 'on this server');
    return release;
  };
}
