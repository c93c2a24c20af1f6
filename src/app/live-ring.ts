/** The ring of sealing keys, read again whenever its file changes. */
import type { Logger } from '../observability/log.ts';
import type { Clock } from '../ports/store.ts';
import { createRing, type Ring, type RingKey } from '../sealing/ring.ts';
import { readRingFile } from './ring-file.ts';
import { followFile } from './setting-file.ts';

export interface LiveRing extends Ring {
  /** All keys, in the order in which they were added. */
  readonly keys: () => readonly RingKey[];
  readonly close: () => void;
}

export interface LiveRingOptions {
  readonly file: string;
  /** The setting that names it. */
  readonly field: string;
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * Reads the ring, and reads it again whenever its file changes. A file that cannot be used, or that lacks a key of the ring, leaves the ring as it is: the
 * file is incomplete or wrong, and blobs would no longer open. Throws `InvalidInputError` if the file cannot be used at first.
 */
export function openLiveRing({ file, field, logger, clock }: LiveRingOptions): LiveRing {
  let keys: readonly RingKey[] = [];
  let ring: Ring | undefined;

  const following = followFile(file, {
    read(wasProblem) {
      const fresh = readRingFile(file, field);
      const lack = lackOf(fresh, keys);
      if (lack === undefined) take(fresh, wasProblem);
      return lack;
    },
    onProblem: (problem) => logger.warn({ problem }, 'sealing keys not usable: the old ones stay in force'),
  });

  function take(fresh: readonly RingKey[], isRepaired: boolean): void {
    const hasChanged = ring !== undefined && textOf(fresh) !== textOf(keys);
    const made = createRing(fresh);
    keys = fresh;
    ring = made;
    if (!hasChanged && !isRepaired) return;
    const idsOf = (isActive: boolean) => fresh.filter(({ secret }) => (secret !== undefined) === isActive).map(({ id }) => id);
    logger.info(
      { sealing: made.sealingKeyAt(clock()).id, active: idsOf(true), retired: idsOf(false) },
      'sealing keys read again',
    );
  }

  const current = (): Ring => ring as Ring;
  return {
    keys: () => keys,
    find: (id) => current().find(id),
    sealingKeyAt: (now) => current().sealingKeyAt(now),
    isStaleAt: (now, key) => current().isStaleAt(now, key),
    close: () => following[Symbol.dispose](),
  };
}

/** Describes the keys that `fresh` lacks; undefined if it has all earlier keys, retired or not. */
function lackOf(fresh: readonly RingKey[], keys: readonly RingKey[]): string | undefined {
  const ids = new Set(fresh.map(({ id }) => id));
  const missing = keys.map(({ id }) => id).filter((id) => !ids.has(id));
  return missing.length === 0 ? undefined : `lacks ${missing.join(', ')}: retire a key with \`otpd sealing-keys retire\``;
}

/** A text that identifies the keys; their ids stand for their bytes. */
function textOf(keys: readonly RingKey[]): string {
  return keys.map(({ id, sealsFrom, secret }) => `${id} ${sealsFrom} ${secret === undefined}`).join();
}
