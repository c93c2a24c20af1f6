/** What the log says of connections that were refused: one line a second, however many they are. */
import type { Logger } from './log.ts';

const GATHER_MS = 1000;

/** To be called for each connection that was refused because there were `most` already. */
export function tellOfRefused(logger: Logger, most: number): () => void {
  let refused = 0;
  const tell = () => {
    logger.warn({ refused, most }, 'connections refused: raise --max-connections if these callers are welcome');
    refused = 0;
  };
  return () => {
    refused += 1;
    if (refused === 1) setTimeout(tell, GATHER_MS).unref();
  };
}
