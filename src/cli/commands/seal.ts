/** `otpd seal`: keys that are stored in the clear as sealed keys, or sealed keys under another context. */
import { Command } from 'commander';
import { SealResultSchema } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { addConnectOptions, type ConnectFlags, withClient } from '../input/connect.ts';
import { readLots } from '../input/items.ts';
import { addKeyOptions, anyKeyOf, type KeyFlags } from '../input/key-options.ts';
import type { Io } from '../io.ts';
import { createOutcomes } from '../output/item-results.ts';
import { writeMessage } from '../output/text.ts';

interface SealFlags extends ConnectFlags, KeyFlags {
  readonly context?: string;
  readonly fromContext?: string;
  readonly json?: boolean;
}

const HELP = `
SECRET is base32, an otpauth:// URI, or a sealed key (otpk1_...), which is sealed anew with another
context. Other users of this machine can see arguments: without SECRET, or with -, OTPD_SECRET is
used, and without that, each line of standard input is a key. A line may have the context of its
key behind a tab: SECRET<TAB>CONTEXT.

For each key one line is printed, in order: the sealed key, or nothing if it failed.

Exit codes: 0 all sealed; 2 at least one was not.

Examples:
  $ otpd seal --context user-1/totp/1 < secret.txt
  $ otpd seal < secrets-and-contexts.tsv > sealed.txt`;

/** The command. */
export function sealCommand(io: Io): Command {
  const command = new Command('seal')
    .description('turn secrets that you store in the clear into sealed keys')
    .argument('[SECRET]', 'base32, otpauth:// URI or sealed key; - for the lines of standard input; without it OTPD_SECRET')
    .option('--context <text>', 'what to bind the sealed keys to, at most 256 bytes')
    .option('--from-context <text>', 'what the keys are bound to that are sealed already')
    .option('--json', 'print each outcome as JSON on one line');
  return addConnectOptions(addKeyOptions(command))
    .addHelpText('after', HELP)
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
