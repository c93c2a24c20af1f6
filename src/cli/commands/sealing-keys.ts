/** `otpd sealing-keys`: lists, adds and retires the keys that seal blobs, in their file and without the server. */
import { existsSync, realpathSync } from 'node:fs';
import { Command } from 'commander';
import { FileLockedError, rewritePrivateFile } from '../../app/private-file.ts';
import { ensureRingFile, formatRing, makeKey, readRingFile } from '../../app/ring-file.ts';
import { SETTINGS } from '../../config/settings.ts';
import { InvalidInputError } from '../../otp/error.ts';
import type { SealingKeyEvent } from '../../ports/audit.ts';
import { createRing, isActive, type RingKey } from '../../sealing/ring.ts';
import {
  addStoreOptions,
  currentOperator,
  locate,
  locateRing,
  openTrail,
  type StoreFlags,
  withStore,
} from '../input/store-access.ts';
import { formatInstant } from '../input/time.ts';
import type { Io } from '../io.ts';
import { CliError, fileTrouble, localError, usageError } from '../output/failure.ts';
import { DAY_MS, sealingKeyJson, sealingKeyList, sealingKeyTable } from '../output/sealing-key-view.ts';
import { paint, writeJson, writeLine } from '../output/text.ts';

interface SealingKeysFlags extends StoreFlags {
  readonly sealingKeys?: string;
  readonly json?: boolean;
}

const { flag: FLAG, env: VARIABLE } = SETTINGS.sealingKeys;
/** How long a new key opens before it seals, which is longer than it takes to copy its file to every instance. */
const STAGING_MS = 600_000;
/** After this many days in which a key has sealed or opened no blob, it may be retired. */
const UNUSED_DAYS = 30;

const HELP = `
The sealing keys are in one file, the same for all instances. Anybody with this file can open every
sealed key. A server reads it again within a second of a change. To rotate:

  1. Run \`otpd sealing-keys add\`. The new key opens at once and seals ten minutes later.
  2. Copy the file to every instance within these ten minutes.
  3. Let the callers rewrap, or wait: each accepted code returns a blob under the new key.
  4. Run \`otpd sealing-keys retire OLD\`. It is refused if blobs were opened in the last 30 days.

Retiring deletes a sealing key: nothing that was sealed under it opens again. Keep a copy of the
file elsewhere (\`otpd backup --include-sealing-keys\`): without it, all users have to enrol again.

Examples:
  $ otpd sealing-keys list
  $ otpd sealing-keys add --sealing-keys /etc/otpd/sealing-keys
  $ otpd sealing-keys retire 828e2ad3`;

/** The command with its subcommands. */
export function sealingKeysCommand(io: Io): Command {
  const command = new Command('sealing-keys')
    .description('manage the sealing keys, under which sealed keys are encrypted')
    .addHelpText('after', HELP);
  for (const subcommand of [list(io), add(io), retire(io)]) {
    command.addCommand(
      addStoreOptions(subcommand)
        .option('--sealing-keys <file>', `the file of the sealing keys (env: ${VARIABLE}; default: in the data folder)`)
        .option('--json', 'print JSON, one object per line'),
    );
  }
  return command;
}

function list(io: Io): Command {
  return new Command('list').description('list all sealing keys, oldest first').action(async (flags: SealingKeysFlags) => {
    const keys = readRingFile(fileOf(io, flags), FLAG);
    const days = await lastDays(io, flags).catch((error: unknown) => {
      const why = error instanceof CliError ? error.message : 'the store cannot be used';
      writeLine(io.stderr, `${paint(io, io.stderr, 'yellow', 'warning:')} when the keys were last used is not known: ${why}`);
      return undefined;
    });
    const now = Date.now();
    if (flags.json) for (const key of keys) writeJson(io.stdout, sealingKeyJson(key, keys, days, now));
    else if (io.stdout.isTTY) for (const line of sealingKeyList(io, keys, days, now)) writeLine(io.stdout, line);
    else for (const line of sealingKeyTable(keys, days, now)) writeLine(io.stdout, line);
  });
}

function add(io: Io): Command {
  return new Command('add')
    .description('add a sealing key, which opens at once and seals ten minutes later; creates the file if it is missing')
    .option('--now', 'seal with it at once: for a single instance, or if the other sealing key has leaked')
    .action((flags: SealingKeysFlags & { now?: boolean }) => {
      const file = fileOf(io, flags);
      const now = Date.now();
      const isFirst = !existsSync(file) && intoFile(file, () => ensureRingFile(file, now));
      if (!isFirst) change(file, (keys) => withKey(keys, makeKey(now, flags.now ? now : now + STAGING_MS)));
      const keys = readRingFile(file, FLAG);
      const key = keys.at(-1) as RingKey;
      const sealsFrom = formatInstant(key.sealsFrom);
      note(io, { event: 'sealing_key.added', sealingKey: key.id, sealsFrom });
      if (flags.json) writeJson(io.stdout, sealingKeyJson(key, keys, undefined, now));
      else if (isFirst)
        writeLine(io.stdout, `made ${file} with the sealing key ${key.id}: give it to every instance, and keep a copy`);
      else
        writeLine(
          io.stdout,
          `added ${key.id} to ${file}: it seals from ${sealsFrom}${flags.now ? '' : ', so bring the file to every instance before'}`,
        );
    });
}

function retire(io: Io): Command {
  return new Command('retire')
    .description('delete a sealing key: nothing that was sealed under it opens again')
    .argument('<ID>', 'the id of the sealing key')
    .option('--force', `retire it even if it was used in the last ${UNUSED_DAYS} days, or if that is not known`)
    .action(async (id: string, flags: SealingKeysFlags & { force?: boolean }) => {
      const file = fileOf(io, flags);
      const now = Date.now();
      // Before the store is asked, so that a mistake in the id is reported as such.
      retired(readRingFile(file, FLAG), id, now);
      const force = flags.force === true;
      if (!force) refuseIfUsed(id, (await lastDays(io, flags)).get(id), now);
      change(file, (keys) => retired(keys, id, now));
      note(io, { event: 'sealing_key.retired', sealingKey: id, force });
      const keys = readRingFile(file, FLAG);
      const key = keys.find((one) => one.id === id) as RingKey;
      if (flags.json) writeJson(io.stdout, sealingKeyJson(key, keys, undefined, now));
      else writeLine(io.stdout, `retired ${id}: bring ${file} to every instance, and remove the key from its copies`);
    });
}

/** The ring with one more key. Throws `CliError` if its id is taken, since an id names one key for ever. */
export function withKey(keys: readonly RingKey[], key: RingKey): readonly RingKey[] {
  if (keys.some(({ id }) => id === key.id))
    throw localError('the new key has the id of another by chance: run the command again');
  return [...keys, key];
}

/** The ring without the bytes of a key. Throws `CliError` if there is no such key, and for the key that seals at `now`. */
function retired(keys: readonly RingKey[], id: string, now: number): readonly RingKey[] {
  const found = keys.find((key) => key.id === id);
  if (found === undefined) throw usageError('there is no sealing key with this id: `otpd sealing-keys list` shows them');
  if (!isActive(found)) throw usageError(`${id} is retired already`);
  if (createRing(keys).sealingKeyAt(now).id === id)
    throw usageError(`${id} is the key that seals: add another first, and wait until that seals`);
  return keys.map((key) => (key === found ? { ...key, secret: undefined } : key));
}

function refuseIfUsed(id: string, day: number | undefined, now: number): void {
  if (day === undefined || day <= Math.floor(now / DAY_MS) - UNUSED_DAYS) return;
  throw usageError(
    `blobs of ${id} were sealed or opened as late as ${formatInstant(day * DAY_MS).slice(0, 10)}, and would never open again: have the callers rewrap theirs, and wait ${UNUSED_DAYS} days, or give --force`,
  );
}

async function lastDays(io: Io, flags: StoreFlags): Promise<ReadonlyMap<string, number>> {
  return withStore(io, flags, ({ store }) => store.sealingKeys.lastDays());
}

/** The file of the ring: as configured, or in the data folder. */
function fileOf(io: Io, flags: SealingKeysFlags): string {
  return locateRing(io, flags.sealingKeys, locate(io, flags).dataDir);
}

function change(file: string, make: (keys: readonly RingKey[]) => readonly RingKey[]): void {
  intoFile(file, () => {
    // If `file` is a link, the file that it leads to is replaced.
    rewritePrivateFile(realpathSync(file), () => formatRing(make(readRingFile(file, FLAG))));
  });
}

/** Runs a change of the file, and describes its errors in words. */
function intoFile<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof FileLockedError)
      throw localError(`${file} is being changed by another otpd: if none runs, remove ${error.draft}, and try again`);
    if (error instanceof CliError || error instanceof InvalidInputError) throw error;
    throw localError(`${file} cannot be written: ${fileTrouble(error)}`);
  }
}

function note(io: Io, event: SealingKeyEvent): void {
  using parts = new DisposableStack();
  const { audit } = parts.adopt(openTrail(io), (trail) => trail.close());
  audit({ actor: currentOperator(), ...event });
}
