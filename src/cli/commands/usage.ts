/** `otpd usage`: shows how much of its plan the API key has used. */
import { create } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { Command } from 'commander';
import { connectAdmin } from '../../../clients/typescript/src/index.ts';
import { type GetUsageResponse, GetUsageResponseSchema, type WindowUsage } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { addConnectOptions, type ConnectFlags, withClient, withConnection } from '../input/connect.ts';
import { formatInstant, formatRelative } from '../input/time.ts';
import type { Io } from '../io.ts';
import { barOf } from '../output/code-view.ts';
import { alignColumns, type Colour, paint, printable, writeLine, writeMessage } from '../output/text.ts';

interface UsageFlags extends ConnectFlags {
  readonly server?: string;
  readonly json?: boolean;
}

/** In percent, as the server warns. */
const HIGH = 80;
const HIGHER = 95;

const HELP = `
This call counts in all windows except the month: it costs no credits.

Examples:
  $ otpd usage
  $ otpd usage 4fTq0bYdZk1N --server otpd.example.com:50051 --tls
  $ otpd usage --json | jq '.windows[] | select(.window == "month")'`;

/** The command. */
export function usageCommand(io: Io): Command {
  const command = new Command('usage')
    .description('show how much of its plan the API key, or another API key, has used')
    .argument('[ID]', 'the id of another API key; your own then needs the scope admin')
    .option('--json', 'print the answer as JSON on one line')
    .option('--server <host:port>', 'the same as --address (env OTPD_ADMIN_ADDRESS, with an ID)');
  return addConnectOptions(command)
    .addHelpText('after', HELP)
    .action(async (id: string | undefined, { server, ...flags }: UsageFlags) => {
      const address = server ?? (id === undefined ? undefined : io.env['OTPD_ADMIN_ADDRESS'] || undefined);
      const at = address === undefined ? flags : { ...flags, address };
      const response = await (id === undefined
        ? withClient(io, at, (client) => client.getUsage({ signal: io.signal }))
        : usageOf(io, at, id));
      if (flags.json) writeMessage(io.stdout, GetUsageResponseSchema, response);
      else showUsage(io, response);
    });
}

/** The usage of another key, in the form of the answer for one's own key. */
async function usageOf(io: Io, flags: ConnectFlags, id: string): Promise<GetUsageResponse> {
  const name = `apiKeys/${id}`;
  const { plan, windows } = await withConnection(io, flags, connectAdmin, (client) =>
    client.getApiKeyUsage({ name }, { signal: io.signal }),
  );
  return create(GetUsageResponseSchema, { plan: plan.replace(/^plans\//, ''), windows });
}

function showUsage(io: Io, { plan, windows }: GetUsageResponse): void {
  const limits = windows.length === 0 ? ' (without limits)' : '';
  writeLine(io.stdout, `plan ${printable(plan)}${limits}`);
  const now = io.stdout.isTTY ? Date.now() : undefined;
  const linesOf = (withBar: boolean) =>
    alignColumns(
      windows.map((usage) => {
        const [window, ...amounts] = [printable(usage.window), amountOf(usage), resetOf(usage, now)];
        return withBar ? [window, usageBar(io, usage), ...amounts] : [window, ...amounts];
      }),
    );
  const withBars = linesOf(true);
  // The bar is left out if the terminal has no room for it; the numbers say the same.
  const fits = io.stdout.isTTY !== true || withBars.every((line) => line.length <= (io.stdout.columns ?? line.length));
  const lines = fits ? withBars : linesOf(false);
  for (const [place, line] of lines.entries()) {
    const usage = windows[place] as WindowUsage;
    const bar = usageBar(io, usage);
    writeLine(io.stdout, line.replace(bar, paint(io, io.stdout, urgencyOf(usage), bar)));
  }
}

/** The bar is full from the limit on, and never empty after a counted call. */
function usageBar(io: Io, { used, limit }: WindowUsage): string {
  return barOf(io, Number(used) / Number(limit || 1n));
}

/** The colour, and a sign that says the same, from 80 % on. */
function amountOf({ used, limit }: WindowUsage): string {
  const sign = Number(used) * 100 >= Number(limit) * HIGH ? ' !' : '';
  return `${used.toLocaleString('en')} of ${limit.toLocaleString('en')}${sign}`;
}

/** When capacity becomes free: relative to `now` for a person, otherwise in RFC 3339. */
function resetOf({ window, resetTime }: WindowUsage, now: number | undefined): string {
  if (resetTime === undefined) return '';
  const ms = timestampMs(resetTime);
  if (now !== undefined) return `${window === 'month' ? 'empty' : 'less'} ${formatRelative(Math.max(now, ms), now)}`;
  return window === 'month' ? `until ${formatInstant(ms)}` : `less from ${formatInstant(ms)} on`;
}

function urgencyOf({ used, limit }: WindowUsage): Colour {
  const share = Number(used) * 100;
  if (share >= Number(limit) * HIGHER) return 'red';
  return share >= Number(limit) * HIGH ? 'yellow' : 'green';
}
