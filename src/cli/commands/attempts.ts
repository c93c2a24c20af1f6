/** `otpd attempts`: shows and clears the attempts on a secret. The secret comes on standard input, never as an argument. */
import { create } from '@bufbuild/protobuf';
import { Command, InvalidArgumentError, Option } from 'commander';
import { KeySchema } from '../../../gen/ts/otp/v1/key_pb.ts';
import { fingerprintKeyFile, readFingerprintKey } from '../../app/fingerprint-key.ts';
import { SETTINGS } from '../../config/settings.ts';
import type { StateName } from '../../ports/codes.ts';
import type { SetState } from '../../ports/recovery.ts';
import { readKey } from '../../service/key.ts';
import { createFingerprints, stateNameOf } from '../../verification/fingerprint.ts';
import { usedCount } from '../../verification/recovery-rules.ts';
import { resetTracks } from '../../verification/rules.ts';
import { addServerOptions, type ServerFlags, serverOf } from '../input/admin-server.ts';
import { readSet, readState, type Subject, unlock as unlockByServer } from '../input/attempts-server.ts';
import { addKeyOptions, type KeyFlags, keyOf } from '../input/key-options.ts';
import { readSecret } from '../input/secret.ts';
import { addStoreOptions, type StoreAccess, type StoreFlags, withStore } from '../input/store-access.ts';
import type { Io } from '../io.ts';
import {
  counted,
  describeReset,
  describeSet,
  describeState,
  type SetAttempts,
  setJson,
  stateJson,
  whyNothingToReset,
} from '../output/attempts-view.ts';
import { localError } from '../output/failure.ts';
import { writeJson, writeLine } from '../output/text.ts';

interface AttemptsFlags extends StoreFlags, ServerFlags, KeyFlags {
  readonly json?: boolean;
  readonly fingerprintKeyFile?: string;
  readonly recoverySet?: string;
}

/** The output of a subcommand: a line for people, or JSON. */
interface Report {
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** `nextCounter`: the counter given as a flag, not the counter in a URI. */
type Use = (access: StoreAccess, name: StateName, nextCounter: number | undefined) => Promise<Report>;

/** The same for a set of recovery codes, given by its name. */
type UseOfSet = (access: StoreAccess, set: string) => Promise<Report>;

const HELP = `
The secret, in base32 or as an otpauth:// URI, is read from standard input only: other users of this
machine can see arguments. The store has one state per secret. Name the algorithm if your calls name
it, and the type and the period too: the state of an earlier otpd is found by them.

reset helps after the clock was ahead while a code was accepted: all codes are then refused until the
real time has caught up. If the last used time step is more than 10 steps in the future, it is set
back to the current step, or forgotten if no step up to the current step was used. No code up to now
is accepted again. The code of a later step that was accepted may be accepted again at its time.
A HOTP has no clock: with --type hotp --counter N, the used counters from N on are forgotten, and each
of their codes is accepted once more.

A set of recovery codes has attempts of its own. With --recovery-set NAME, show and unlock apply to
the set of that name ("set" in the audit trail), and standard input is not read.

With --server the commands call a server instead of opening the store. The API key then needs the
scope admin. The reset of a server clears the wrong codes too.

Examples:
  $ otpd attempts show < secret.txt
  $ otpd attempts unlock < secret.txt
  $ otpd attempts reset < secret.txt
  $ otpd attempts unlock --recovery-set F_5D0T0b8mixRHbABylO5A`;

/** The command with its subcommands. */
export function attemptsCommand(io: Io): Command {
  const subcommand = (name: string, description: string, use: Use, useOfSet?: UseOfSet) => {
    const command = addStoreOptions(new Command(name).description(description)).option('--json', 'print JSON');
    const option = new Option('--recovery-set <name>', 'a set of recovery codes, instead of a secret').argParser(parseSetName);
    if (useOfSet !== undefined) command.addOption(option);
    command.option('--fingerprint-key-file <file>', `the server's fingerprint key (env: ${SETTINGS.fingerprintKeyFile.env})`);
    return addServerOptions(addKeyOptions(command)).action((flags: AttemptsFlags) => run(io, flags, name, use, useOfSet));
  };
  return new Command('attempts')
    .description('show or clear the wrong codes and the used time steps of a secret')
    .addHelpText('after', HELP)
    .addCommand(subcommand('show', 'show the wrong codes and the used time steps of a secret', show, showSet))
    .addCommand(subcommand('unlock', 'unlock a secret: clear its wrong codes', unlock, unlockSet))
    .addCommand(subcommand('reset', 'forget the used time steps of a secret in the future, after the clock was ahead', reset));
}

async function show({ store }: StoreAccess, name: StateName): Promise<Report> {
  const now = Date.now();
  const state = await store.codes.inspect(name, now);
  return { text: describeState(state, now), json: stateJson(state, name, now) };
}

async function unlock({ store, audit, operator }: StoreAccess, name: StateName): Promise<Report> {
  const now = Date.now();
  const before = await store.codes.unlock(name, now);
  audit({ actor: operator, event: 'attempts.unlocked', fingerprint: name.fingerprint, failures: before.failures });
  return { text: `unlocked; ${counted(before.failures)} before`, json: stateJson(before, name, now) };
}

async function showSet({ store }: StoreAccess, set: string): Promise<Report> {
  const now = Date.now();
  const state = shownSet(await store.recovery.inspect(set, now));
  return { text: describeSet(state, now), json: setJson(state, now) };
}

async function unlockSet({ store, audit, operator }: StoreAccess, set: string): Promise<Report> {
  const now = Date.now();
  const before = await store.recovery.unlock(set, now);
  audit({ actor: operator, event: 'recovery.unlocked', set, failures: before.failures });
  return { text: `unlocked; ${counted(before.failures)} before`, json: setJson(shownSet(before), now) };
}

function shownSet({ used, ...state }: SetState): SetAttempts {
  return { ...state, usedCount: usedCount(used) };
}

async function reset({ store, audit, operator }: StoreAccess, name: StateName, nextCounter: number | undefined): Promise<Report> {
  const now = Date.now();
  const tracks = resetTracks(await store.codes.reset(name, now, nextCounter));
  if (tracks.length === 0) throw localError(whyNothingToReset(await store.codes.inspect(name, now), name, now));
  audit({ actor: operator, event: 'attempts.reset', fingerprint: name.fingerprint, tracks });
  return { text: describeReset(tracks), json: { tracks } };
}

async function run(io: Io, flags: AttemptsFlags, name: string, use: Use, useOfSet?: UseOfSet): Promise<void> {
  const { recoverySet: set } = flags;
  const server = serverOf(io, flags);
  const { text, json } =
    server !== undefined
      ? await askServer(io, { ...flags, server }, name)
      : set === undefined || useOfSet === undefined
        ? await useKey(io, flags, use)
        : await withStore(io, flags, async (access) => {
            await access.store.ping();
            return useOfSet(access, set);
          });
  if (flags.json) writeJson(io.stdout, json);
  else writeLine(io.stdout, text);
}

/** Does the same through a server. */
async function askServer(io: Io, flags: AttemptsFlags & { readonly server: string }, name: string): Promise<Report> {
  const { recoverySet } = flags;
  const now = Date.now();
  if (recoverySet !== undefined) {
    const set: Subject = { case: 'recoverySetName', value: recoverySet };
    const state = await readSet(io, flags, set);
    if (name === 'show') return { text: describeSet(state, now), json: setJson(state, now) };
    const { failures } = await unlockByServer(io, flags, set);
    return { text: `unlocked; ${counted(failures)} before`, json: setJson({ ...state, failures }, now) };
  }
  const value = keyOf(await readSecret(io, '-'), flags);
  const key: Subject = { case: 'key', value };
  if (name === 'show') {
    const state = await readState(io, flags, key);
    const { period } = readKey(create(KeySchema, value), { needsCounter: false }).parameters;
    return { text: describeState(state, now), json: stateJson(state, { period }, now) };
  }
  if (name === 'unlock') {
    const { failures } = await unlockByServer(io, flags, key);
    return { text: `unlocked; ${counted(failures)} before`, json: { failures } };
  }
  const nextCounter = flags.counter === undefined ? {} : { nextCounter: flags.counter };
  const { failures, tracks } = await unlockByServer(io, flags, key, { forgetFutureSteps: true, ...nextCounter });
  const forgotten = tracks.length === 0 ? 'no used step that a reset forgets' : describeReset(tracks);
  return { text: `unlocked; ${counted(failures)} before\n${forgotten}`, json: { failures, tracks } };
}

async function useKey(io: Io, flags: AttemptsFlags, use: Use): Promise<Report> {
  const key = keyOf(await readSecret(io, '-'), flags);
  // All counters of a HOTP share one state.
  const { secret, parameters, counter } = readKey(create(KeySchema, key), { needsCounter: false });
  const nextCounter = flags.counter === undefined ? undefined : counter;
  return withStore(io, flags, async (access) => {
    const given = flags.fingerprintKeyFile ?? io.env[SETTINGS.fingerprintKeyFile.env];
    const file = given || fingerprintKeyFile(access.location.dataDir);
    const fingerprints = createFingerprints(readFingerprintKey(file, SETTINGS.fingerprintKeyFile.flag));
    if (!(await access.store.bind(fingerprints.identity))) {
      throw localError(
        `${SETTINGS.fingerprintKeyFile.flag} is not the key of this store: give the fingerprint key of the server`,
      );
    }
    // A store may take a moment to connect, which must not look like an outage.
    await access.store.ping();
    return use(access, stateNameOf(fingerprints, secret, parameters, access.store.codes), nextCounter);
  });
}

function parseSetName(text: string): string {
  if (!/^[\w-]{22}$/.test(text)) throw new InvalidArgumentError('It must be the name of a set, as the audit trail has it.');
  return text;
}
