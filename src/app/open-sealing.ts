/** Opens sealing over the current ring, and records the days on which its keys are used. */
import { existsSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { SETTINGS } from '../config/settings.ts';
import type { Logger } from '../observability/log.ts';
import { invalid } from '../otp/error.ts';
import type { Clock, SealingKeyUses, Store } from '../ports/store.ts';
import type { RingKey } from '../sealing/ring.ts';
import { createSealing, type Sealing } from '../sealing/sealing.ts';
import type { SealingKeyInfo } from '../service/admin/configuration.ts';
import { openLiveRing } from './live-ring.ts';
import { ensureRingFile, type KeyState, keyStateAt, ringFile } from './ring-file.ts';

const DAY_MS = 86_400_000;

export interface OpenSealing {
  readonly sealing: Sealing;
  /** All keys, without their bytes, in the order in which they were added. */
  readonly keys: () => readonly SealingKeyInfo[];
  /** The number of keys in each state. */
  readonly counts: () => Readonly<Record<KeyState, number>>;
  /** Stores the days on which keys were used; rejects as the store does, and tries again with the next flush. */
  readonly flush: () => Promise<void>;
  readonly close: () => void;
}

/**
 * Opens the ring. Beside an embedded database the first start makes it; instances that share a store must have the same ring, which none of them can make.
 * Throws `InvalidInputError` if there is no ring, or it cannot be used.
 */
export async function openSealing(config: Config, store: Store, logger: Logger, clock: Clock): Promise<OpenSealing> {
  const { sealingKeysFile: given, dataDir, redis } = config;
  const file = given ?? ringFile(dataDir);
  const field = SETTINGS.sealingKeys.flag;
  if (given === undefined && redis === undefined && !existsSync(file)) {
    const used = [...(await store.sealingKeys.lastDays()).keys()];
    if (used.length > 0) throw invalid(field, lost(file, used));
    ensureRingFile(file, clock());
  }
  const ring = openLiveRing({ file, field, logger, clock });
  const uses = noteUses(store.sealingKeys, clock);
  return {
    sealing: createSealing(ring, clock, uses.note),
    keys: () => ring.keys().map((key) => infoOf(ring.keys(), key, clock())),
    counts: () => countStates(ring.keys(), clock()),
    flush: uses.flush,
    close: ring.close,
  };
}

function lost(file: string, ids: readonly string[]): string {
  return `there is no ${file}, and keys were sealed under ${ids.join(', ')}: restore the file, or make new keys with \`otpd sealing-keys add\` if it is lost; what was sealed under the old ones then never opens again`;
}

function infoOf(keys: readonly RingKey[], key: RingKey, now: number): SealingKeyInfo {
  const { id, createTime, sealsFrom } = key;
  return { id, createTime, sealsFrom, state: keyStateAt(keys, key, now) };
}

function countStates(keys: readonly RingKey[], now: number): Record<KeyState, number> {
  const counts = { seals: 0, staged: 0, opens: 0, retired: 0 };
  for (const key of keys) counts[keyStateAt(keys, key, now)] += 1;
  return counts;
}

/** Keeps the uses that are not stored yet. All have ids of the ring, so they are few. */
function noteUses(store: SealingKeyUses, clock: Clock) {
  const days = new Map<string, number>();
  let fresh = new Map<string, number>();
  return {
    /** Records a use. Only the first use of a key on a day changes anything. */
    note(id: string): void {
      const day = Math.floor(clock() / DAY_MS);
      if (days.get(id) === day) return;
      days.set(id, day);
      fresh.set(id, day);
    },
    async flush(): Promise<void> {
      if (fresh.size === 0) return;
      const taken = fresh;
      fresh = new Map();
      try {
        await store.noteDays(taken);
      } catch (error) {
        fresh = new Map([...taken, ...fresh]);
        throw error;
      }
    },
  };
}
