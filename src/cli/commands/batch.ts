/** `otpd batch`: checks or computes many codes in few calls. */
import { randomUUID } from 'node:crypto';
import { create, type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { Command } from 'commander';
import type { OtpClient } from '../../../clients/typescript/src/index.ts';
import type { ItemError } from '../../../gen/ts/otp/v1/item_error_pb.ts';
import {
  BatchTokenResultSchema,
  BatchVerifyResultSchema,
  TokenRequestSchema,
  VerifyRequestSchema,
  type VerifyResponse,
} from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { type ItemKind, KEY_COLUMNS, readItems } from '../input/batch-items.ts';
import { divideIntoCalls } from '../input/calls.ts';
import { addConnectOptions, type ConnectFlags, withClient } from '../input/connect.ts';
import { codeFormOf } from '../input/key-options.ts';
import type { Io } from '../io.ts';
import { EXIT } from '../output/exit.ts';
import { CliError } from '../output/failure.ts';
import { describeItemError } from '../output/item-results.ts';
import { showProgress } from '../output/progress.ts';
import { paint, printable, writeLine, writeMessage } from '../output/text.ts';
import { type CodeForm, describeVerdict, readVerdict } from '../output/verdict.ts';

interface BatchFlags extends ConnectFlags {
  readonly json?: boolean;
}

const VERIFY = {
  schema: VerifyRequestSchema,
  required: ['key', 'code'],
  optional: [...KEY_COLUMNS, 'request_id'],
  make: (row) => create(VerifyRequestSchema, row),
} as const satisfies ItemKind<typeof VerifyRequestSchema>;
const TOKEN = {
  schema: TokenRequestSchema,
  required: ['key'],
  optional: KEY_COLUMNS,
  make: ({ key }) => create(TokenRequestSchema, { key }),
} as const satisfies ItemKind<typeof TokenRequestSchema>;

const INPUT_HELP = `
FILE has an item per line; without FILE, or with -, standard input is read. It is in one of two forms:
  - JSON: a request of the API per line, such as {"key": {"secret": "JBSWY3DPEHPK3PXP"}}
  - CSV, whose first line names the columns:
      key (base32, otpauth:// URI or sealed key)
      if needed: context (of a sealed key), type, algorithm, digits, period, counter

The whole input is read before the first item is sent, in calls of up to 100 items and 64 KiB. Each
item counts as a call. A line per item is printed, in order. Standard error names each item that fails
by its number.`;

const VERIFY_HELP = `${INPUT_HELP}

CSV also has the column code and, if you need it, request_id. An item without a request id gets one.
If a new sealed key has to be stored, it follows after a tab.

Exit codes: 0 all accepted; 1 at least one was not; 2 at least one has an unknown result.

Examples:
  $ otpd batch verify codes.csv
  $ jq -c '.[]' requests.json | otpd batch verify --json`;

const TOKEN_HELP = `${INPUT_HELP}

The line of an item is its code, or empty if it failed.

Exit codes: 0 all made; 2 at least one was not.

Examples:
  $ otpd batch token keys.csv
  $ printf 'key\\nJBSWY3DPEHPK3PXP\\n' | otpd batch token`;

/** The command with its subcommands. */
export function batchCommand(io: Io): Command {
  const subcommand = (
    name: string,
    description: string,
    help: string,
    run: (file: string | undefined, flags: BatchFlags) => Promise<void>,
  ) => {
    const command = new Command(name)
      .description(description)
      .argument('[FILE]', 'the items; - or nothing for standard input')
      .option('--json', 'print each outcome as JSON on one line');
    return addConnectOptions(command).addHelpText('after', help).action(run);
  };
  return new Command('batch')
    .description('check or make many codes at once')
    .addCommand(subcommand('verify', 'check codes, and use them up', VERIFY_HELP, (file, flags) => verifyAll(io, file, flags)))
    .addCommand(subcommand('token', 'compute the codes of secrets', TOKEN_HELP, (file, flags) => makeAll(io, file, flags)));
}

async function verifyAll(io: Io, file: string | undefined, flags: BatchFlags): Promise<void> {
  // Each item has its own request id, so that the client may retry after a lost answer.
  const items = (await readItems(io, file, VERIFY)).map((item) => ({ ...item, requestId: item.requestId || randomUUID() }));
  const call = async (client: OtpClient, requests: typeof items) =>
    (await client.batchVerify({ requests }, { signal: io.signal })).results;
  await inCalls(io, flags, VERIFY.schema, items, call, (result, place) => {
    if (flags.json) writeMessage(io.stdout, BatchVerifyResultSchema, result);
    const outcome = result.result;
    if (outcome.case !== 'response') return showError(io, place, outcome.value, 'error', flags);
    const key = items[place]?.key;
    if (!flags.json) showVerdict(io, outcome.value, key === undefined ? UNKNOWN_FORM : codeFormOf(key));
    return readVerdict(outcome.value);
  });
}

/** The form of the codes of an item that the request does not have. */
const UNKNOWN_FORM: CodeForm = { digits: 'another number of digits', period: undefined };

function showVerdict(io: Io, response: VerifyResponse, form: CodeForm): void {
  const verdict = paint(io, io.stdout, response.valid ? 'green' : 'red', describeVerdict(response, form));
  writeLine(io.stdout, response.resealed === undefined ? verdict : `${verdict}\t${printable(response.resealed.blob)}`);
}

async function makeAll(io: Io, file: string | undefined, flags: BatchFlags): Promise<void> {
  const items = await readItems(io, file, TOKEN);
  const call = async (client: OtpClient, requests: typeof items) =>
    (await client.batchToken({ requests }, { signal: io.signal })).results;
  await inCalls(io, flags, TOKEN.schema, items, call, (result, place) => {
    if (flags.json) writeMessage(io.stdout, BatchTokenResultSchema, result);
    const outcome = result.result;
    if (outcome.case !== 'response') return showError(io, place, outcome.value, '', flags);
    if (!flags.json) writeLine(io.stdout, printable(outcome.value.token?.code ?? ''));
    return EXIT.ok;
  });
}

/** Sends all items in their order, and shows each result; the exit code is the highest that `show` returns. */
async function inCalls<Schema extends DescMessage, Result>(
  io: Io,
  flags: BatchFlags,
  schema: Schema,
  items: readonly MessageShape<Schema>[],
  call: (client: OtpClient, requests: MessageShape<Schema>[]) => Promise<readonly Result[]>,
  show: (result: Result, place: number) => number,
): Promise<void> {
  const calls = divideIntoCalls(items, (item) => ({ bytes: toBinary(schema, item).length, keys: 1 }));
  using progress = showProgress(io, false);
  let done = 0;
  let worst: number = EXIT.ok;
  try {
    await withClient(io, flags, async (client, waiting) => {
      for (const requests of calls) {
        if (!io.stdout.isTTY) progress.show('items', done / items.length);
        const results = await call(client, requests);
        waiting[Symbol.dispose]();
        for (const [at, result] of results.entries()) worst = Math.max(worst, show(result, done + at));
        done += requests.length;
      }
    });
  } catch (error) {
    if (!(error instanceof CliError) || done === 0) throw error;
    const { failure } = error;
    throw new CliError({ ...failure, message: `items ${done + 1} to ${items.length} have no outcome: ${failure.message}` });
  }
  io.setExitCode(worst);
}

/** `line` represents the item on standard output, which has a line for each item. */
function showError(io: Io, place: number, error: ItemError | undefined, line: string, { json }: BatchFlags): number {
  if (!json) {
    writeLine(io.stdout, line);
    const what = error === undefined ? 'the server has told no outcome' : describeItemError(error);
    writeLine(io.stderr, `${paint(io, io.stderr, 'red', 'error:')} item ${place + 1}: ${printable(what)}`);
  }
  return EXIT.unknown;
}
