/** `otpd rewrap`: sealed keys and sets of recovery codes under the current sealing key, so that older ones can be retired. */
import { Command } from 'commander';
import { RewrapResultSchema } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { addConnectOptions, type ConnectFlags, withClient } from '../input/connect.ts';
import { type Item, readLots } from '../input/items.ts';
import type { Io } from '../io.ts';
import { createOutcomes } from '../output/item-results.ts';
import { writeMessage } from '../output/text.ts';

interface RewrapFlags extends ConnectFlags {
  readonly context?: string;
  readonly json?: boolean;
}

const HELP = `
BLOB is a sealed key (otpk1_...) or a set of recovery codes (otpr1_...). Without it each line of
standard input is one, with its context behind a tab if it has one: BLOB<TAB>CONTEXT.

For each one line is printed, in order: the new blob, or nothing if it failed. Store it instead of
the old one if what is stored is still that one. Keys that verify are sealed anew by themselves.

Exit codes: 0 all sealed anew; 2 at least one was not.

Examples:
  $ otpd rewrap --context user-1/totp/1 otpk1_...
  $ otpd rewrap < blobs-and-contexts.tsv > blobs.txt`;

/** The command. */
export function rewrapCommand(io: Io): Command {
  const command = new Command('rewrap')
    .description('seal blobs anew under the current sealing key')
    .argument('[BLOB]', 'a sealed key or a set of recovery codes; without it, or with -, the lines of standard input')
    .option('--context <text>', 'what the blobs are bound to')
    .option('--json', 'print each outcome as JSON on one line');
  return addConnectOptions(command)
    .addHelpText('after', HELP)
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

/** A text that is neither is sent as a key, for the server to say what is wrong with it. */
function blobOf({ text, context }: Item) {
  const value = { blob: text, context };
  return text.startsWith('otpr1_') ? ({ case: 'set', value } as const) : ({ case: 'key', value } as const);
}
