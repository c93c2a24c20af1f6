/** `otpd attempts`: shows and clears the wrong codes counted for a key. The key comes on standard input, never as an argument. */
import { create } from '@bufbuild/protobuf';
import { Command } from 'commander';
import { KeySchema } from '../../gen/ts/otp/v1/key_pb.ts';
import { fingerprintKeyFile, readFingerprintKey } from '../app/fingerprint-key.ts';
import { SETTINGS } from '../config/settings.ts';
import type { CodeState } from '../ports/codes.ts';
import { readKey } from '../service/key.ts';
import { createFingerprints } from '../verification/fingerprint.ts';
import { attemptsRemaining, HARD_STOP, isLocked } from '../verification/rules.ts';
import { formatDuration } from './duration.ts';
import { localError } from './failure.ts';
import { formatInstant } from './instant.ts';
import type { Io } from './io.ts';
import { addKeyOptions, type KeyFlags, keyOf } from './key-options.ts';
import { writeJson, writeLine } from './output.ts';
import { readSecret } from './secret-input.ts';
import { addStoreOptions, type StoreAccess, type StoreFlags, withStore } from './store-access.ts';

interface AttemptsFlags extends StoreFlags, KeyFlags {
  readonly json?: boolean;
  readonly fingerprintKeyFile?: string;
}

const HELP = `
The key, in base32 or as an otpauth:// URI, is read from standard input alone: arguments are seen by
other users of this machine. Name its type, algorithm and period where the calls do.

Examples:
  $ otpd attempts show < secret.txt
  $ otpd attempts unlock < secret.txt`;

/** The command with its subcommands. */
export function attemptsCommand(io: Io): Command {
  const show = new Command('show')
    .description('show the wrong codes counted for a key')
    .action((flags: AttemptsFlags) => run(io, flags, ({ store }, fingerprint) => store.codes.inspect(fingerprint), describe));
  const unlock = new Command('unlock')
    .description('clear the wrong codes of a key, so that codes are judged again')
    .action((flags: AttemptsFlags) => run(io, flags, clear, ({ failures }) => `unlocked; ${counted(failures)} before`));
  const attempts = new Command('attempts')
    .description('show or clear the wrong codes counted for a key')
    .addHelpText('after', HELP);
  for (const command of [show, unlock]) {
    addKeyOptions(addStoreOptions(command).option('--json', 'print JSON'));
    attempts.addCommand(
      command.option('--fingerprint-key-file <file>', `the server's fingerprint key (env: ${SETTINGS.fingerprintKeyFile.env})`),
    );
  }
  return attempts;
}

async function clear({ store, audit, operator }: StoreAccess, fingerprint: string): Promise<CodeState> {
  const before = await store.codes.unlock(fingerprint);
  audit({ actor: operator, event: 'attempts.unlocked', fingerprint, failures: before.failures });
  return before;
}

async function run(
  io: Io,
  flags: AttemptsFlags,
  use: (access: StoreAccess, fingerprint: string) => Promise<CodeState>,
  tell: (state: CodeState, now: number) => string,
): Promise<void> {
  const key = keyOf(await readSecret(io, '-'), flags);
  // The state of a HOTP is one for all counters.
  const { secret, parameters } = readKey(create(KeySchema, key), false);
  const state = await withStore(io, flags, async (access) => {
    const given = flags.fingerprintKeyFile ?? io.env[SETTINGS.fingerprintKeyFile.env];
    const file = given || fingerprintKeyFile(access.location.dataDir);
    const fingerprints = createFingerprints(readFingerprintKey(file, SETTINGS.fingerprintKeyFile.flag));
    if (!(await access.store.bind(fingerprints.identity))) {
      throw localError(`${SETTINGS.fingerprintKeyFile.flag} is not the key of this store: give the one that the server uses`);
    }
    // A store may take a moment to get ready, which is not to be taken for an outage.
    await access.store.ping();
    return use(access, fingerprints.ofKey(secret, parameters));
  });
  const now = Date.now();
  if (flags.json) writeJson(io.stdout, json(state, now));
  else writeLine(io.stdout, tell(state, now));
}

function describe(state: CodeState, now: number): string {
  const { failures, lockedUntil } = state;
  if (failures >= HARD_STOP) return `locked until \`otpd attempts unlock\`; ${counted(failures)}`;
  if (isLocked(state, now)) {
    return `locked for ${formatDuration(lockedUntil - now)}, until ${formatInstant(lockedUntil)}; ${counted(failures)}`;
  }
  return `open; ${counted(failures)}, ${attemptsRemaining(state)} more before the key is locked`;
}

function counted(failures: number): string {
  return `${failures} wrong code${failures === 1 ? '' : 's'} in a row`;
}

function json(state: CodeState, now: number): Readonly<Record<string, unknown>> {
  const { failures, lockedUntil, lastStep } = state;
  const locked = isLocked(state, now);
  const until = locked && failures < HARD_STOP ? new Date(lockedUntil).toISOString() : null;
  return {
    failures,
    locked,
    lockedUntil: until,
    attemptsRemaining: locked ? 0 : attemptsRemaining(state),
    lastStep: lastStep ?? null,
  };
}
