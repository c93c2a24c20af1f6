/** The ring in force, which follows its file while the process runs. */
import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Logger } from '../observability/log.ts';
import { InvalidInputError } from '../otp/error.ts';
import type { Clock } from '../ports/store.ts';
import { createRing, type Ring, type RingKey } from '../sealing/ring.ts';
import { readRingFile } from './ring-file.ts';

/** How often the file is looked at, in ms: a new key opens everywhere within this, and seals ten minutes later. */
const LOOK_MS = 500;

export interface LiveRing extends Ring {
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
 * Reads the ring, and again whenever its file changes. A file that cannot be used, or lacks a key that was there, leaves the ring as it was: it
 * is not complete yet, or a mistake, by which blobs would no longer open. Throws `InvalidInputError` if it cannot be used at first.
 */
export function openLiveRing({ file, field, logger, clock }: LiveRingOptions): LiveRing {
  // Before it is read: a change meanwhile shows at the next look.
  let seen = signatureOf(statSync(file, { throwIfNoEntry: false, bigint: true }));
  let keys = readRingFile(file, field);
  let ring = createRing(keys);
  let problem: string | undefined;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined = setTimeout(look, LOOK_MS).unref();

  async function look(): Promise<void> {
    const now = signatureOf(await stat(file, { bigint: true }).catch(() => undefined));
    if (isClosed) return;
    // A file that could not be used is tried again: a file may be completed within one tick of its clock.
    if (now !== seen || problem !== undefined) read();
    seen = now;
    timer = setTimeout(look, LOOK_MS).unref();
  }

  function read(): void {
    const before = problem;
    try {
      const fresh = readRingFile(file, field);
      problem = lackOf(fresh, keys);
      if (problem === undefined) take(fresh, before !== undefined);
    } catch (error) {
      problem = error instanceof InvalidInputError ? error.message : 'cannot be read';
    }
    if (problem !== undefined && problem !== before)
      logger.warn({ problem }, 'sealing keys not usable: the old ones stay in force');
  }

  function take(fresh: readonly RingKey[], isRepaired: boolean): void {
    const hasChanged = textOf(fresh) !== textOf(keys);
    keys = fresh;
    ring = createRing(fresh);
    if (!hasChanged && !isRepaired) return;
    const idsOf = (isActive: boolean) => fresh.filter(({ secret }) => (secret !== undefined) === isActive).map(({ id }) => id);
    logger.info(
      { sealing: ring.sealingKeyAt(clock()).id, active: idsOf(true), retired: idsOf(false) },
      'sealing keys read again',
    );
  }

  return {
    find: (id) => ring.find(id),
    sealingKeyAt: (now) => ring.sealingKeyAt(now),
    isStaleAt: (now, key) => ring.isStaleAt(now, key),
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

/** Another text whenever the file may have changed. */
function signatureOf(stats: { ino: bigint; size: bigint; mtimeNs: bigint; ctimeNs: bigint } | undefined): string {
  return stats === undefined ? '' : [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' ');
}

/** The keys that `fresh` lacks, in words; undefined if it has all that were there, retired or not. */
function lackOf(fresh: readonly RingKey[], keys: readonly RingKey[]): string | undefined {
  const ids = new Set(fresh.map(({ id }) => id));
  const missing = keys.map(({ id }) => id).filter((id) => !ids.has(id));
  return missing.length === 0 ? undefined : `lacks ${missing.join(', ')}: retire a key with \`otpd sealing-keys retire\``;
}

/** Without the bytes of the keys, which their ids stand for. */
function textOf(keys: readonly RingKey[]): string {
  return keys.map(({ id, sealsFrom, secret }) => `${id} ${sealsFrom} ${secret === undefined}`).join();
}
