/** A store of the embedded kind for tests of anything but its time. */
import type { Store } from '../../src/ports/store.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';

/** Longer than a machine that is busy with other things stands still. Without it a Verify is UNAVAILABLE after 200 ms. */
const LEAST_PATIENCE_MS = 10_000;

/** Opens the store in `file`. */
export function openPatientStore(file: string): Store {
  return openSqliteStore({ file, leastPatienceMs: LEAST_PATIENCE_MS });
}
