/** Logs refused connections: one line a second for each bound, for any number of connections. */
import type { Logger } from './log.ts';

const GATHER_MS = 1000;

const REMEDIES = {
  maxConnections: 'connections refused: raise --max-connections if these callers are welcome',
  maxConnectionsPerAddress:
    'connections of one address refused: raise --max-connections-per-address if these callers are welcome',
} as const;
type Bound = keyof typeof REMEDIES;

/** To be called for each refused connection, with the bound that it exceeded; `bounds` has the values of the bounds. */
export function tellOfRefused(logger: Logger, bounds: Readonly<Record<Bound, number>>): (bound: Bound) => void {
  const refused = { maxConnections: 0, maxConnectionsPerAddress: 0 };
  const tell = (bound: Bound): void => {
    logger.warn({ refused: refused[bound], most: bounds[bound] }, REMEDIES[bound]);
    refused[bound] = 0;
  };
  return (bound) => {
    refused[bound] += 1;
    if (refused[bound] === 1) setTimeout(tell, GATHER_MS, bound).unref();
  };
}
