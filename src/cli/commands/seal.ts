/**
 * `otpd seal` turns plain secrets into sealed keys, or binds sealed keys to another context. `otpd rewrap` seals sealed keys and sets of recovery codes
 * again under the current sealing key, so that older sealing keys can be retired.
 */
import { Command } from 'commander';
import { RewrapResultSchema, SealResultSchema } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { addConnectOptions, type ConnectFlags, withClient } from '../input/connect.ts';
import { type Item, readLots } from '../input/items.ts';
import { addKeyOptions, anyKeyOf, type KeyFlags } from '../input/key-options.ts';
import type { Io } from '../io.ts';
import { createOutcomes } from '../output/item-results.ts';
import { writeMessage } from '../output/text.ts';

interface SealFlags extends ConnectFlags, KeyFlags {
  readonly context?: string;
  readonly fromContext?: string;
  readonly json?: boolean;
}

const SEAL_HELP = `
SECRET is base32, an otpauth:// URI, or a sealed key (otpk1_...) to seal with another context. Other
users of this machine can see arguments: without SECRET, OTPD_SECRET is used. Without that, or with
-, each line of standard input is a secret, with its context after a tab if it has one:
SECRET<TAB>CONTEXT.

Prints a line per secret, in order: the sealed key, or nothing if it failed.

Exit codes: 0 all sealed; 2 at least one failed.

Examples:
  $ otpd seal --context user-1/totp/1 < secret.txt
  $ otpd seal < secrets-and-contexts.tsv > sealed.txt`;

/** `otpd seal`. */
export function sealCommand(io: Io): Command {
  const command = new Command('seal')
    .description('turn plain secrets into sealed keys')
    .argument('[SECRET]', 'base32, otpauth:// URI or sealed key; - for the lines of standard input; without it OTPD_SECRET')
    .option('--context <text>', 'the context to bind the sealed keys to, at most 256 bytes')
    .option('--from-context <text>', 'the present context of sealed keys')
    .option('--json', 'print each outcome as JSON on one line');
  return addConnectOptions(addKeyOptions(command))
    .addHelpText('after', SEAL_HELP)
    .action((argument: string | undefined, flags: SealFlags) => seal(io, argument, flags));
}

async function seal(io: Io, argument: string | undefined, flags: SealFlags): Promise<void> {
  const inherited = argument === undefined ? io.env['OTPD_SECRET'] || undefined : undefined;
  const given = argument === '-' ? undefined : (argument ?? inherited);
  const json = flags.json === true;
  const show = createOutcomes(io, json);
  for await (const lot of readLots(io, given, flags.context)) {
    const items = lot.map(({ text, context }) => ({ key: anyKeyOf(text, flags.fromContext, flags), sealedContext: context }));
    const { results } = await withClient(io, flags, (client) => client.seal({ items }, { signal: io.signal }));
    for (const outcome of results) {
      if (json) writeMessage(io.stdout, SealResultSchema, outcome);
      show(outcome.result);
    }
  }
}

interface RewrapFlags extends ConnectFlags {
  readonly context?: string;
  readonly json?: boolean;
}

const REWRAP_HELP = `
BLOB is a sealed key (otpk1_...) or a set of recovery codes (otpr1_...). Without it, each line of
standard input is a blob, with its context after a tab if it has one: BLOB<TAB>CONTEXT.

Prints a line per blob, in order: the new blob, or nothing if it failed. Store it instead of the old
blob, unless the stored blob has changed since. Verify does the same for the keys of its accepted codes.

Exit codes: 0 all sealed again; 2 at least one failed.

Examples:
  $ otpd rewrap --context user-1/totp/1 otpk1_...
  $ otpd rewrap < blobs-and-contexts.tsv > blobs.txt`;

/** `otpd rewrap`. */
export function rewrapCommand(io: Io): Command {
  const command = new Command('rewrap')
    .description('seal blobs again under the current sealing key')
    .argument('[BLOB]', 'a sealed key or a set of recovery codes; without it, or with -, the lines of standard input')
    .option('--context <text>', 'the context that the blobs are bound to')
    .option('--json', 'print each outcome as JSON on one line');
  return addConnectOptions(command)
    .addHelpText('after', REWRAP_HELP)
    .action((argument: string | undefined, flags: RewrapFlags) => rewrap(io, argument, flags));
}

async function rewrap(io: Io, argument: string | undefined, flags: RewrapFlags): Promise<void> {
  const json = flags.json === true;
  const show = createOutcomes(io, json);
  for await (const lot of readLots(io, argument === '-' ? undefined : argument, flags.context)) {
    const items = lot.map((item) => ({ item: blobOf(item) }));
    const { results } = await withClient(io, flags, (client) => client.rewrap({ items }, { signal: io.signal }));
    for (const outcome of results) {
      if (json) writeMessage(io.stdout, RewrapResultSchema, outcome);
      show(outcome.result);
    }
  }
}

/** Any other text is sent as a key, and the server describes its mistake. */
function blobOf({ text, context }: Item) {
  const value = { blob: text, context };
  return text.startsWith('otpr1_') ? ({ case: 'set', value } as const) : ({ case: 'key', value } as const);
}
