/** Stores for tests that are not about time. */
import type { Store } from '../../src/ports/store.ts';
import type { RedisStoreOptions } from '../../src/store/redis/store.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';

/** Longer than a busy machine may pause. Without it, a Verify would be UNAVAILABLE after 200 ms. */
const LEAST_PATIENCE_MS = 10_000;

/** Opens the SQLite store in `file`. */
export function openPatientStore(file: string): Store {
  return openSqliteStore({ file, leastPatienceMs: LEAST_PATIENCE_MS });
}

/** The options of a Redis store, which judges by the times of its callers. */
export const PATIENT_REDIS: Pick<RedisStoreOptions, 'callerClock' | 'leastPatienceMs'> = {
  callerClock: true,
  leastPatienceMs: LEAST_PATIENCE_MS,
};
