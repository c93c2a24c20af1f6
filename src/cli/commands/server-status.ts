/** `otpd server-status`: shows the state of a server to operators and monitors. */
import { Command } from 'commander';
import { connectAdmin } from '../../../clients/typescript/src/index.ts';
import { type GetServerStatusResponse, GetServerStatusResponseSchema } from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { addConnectOptions, type ConnectFlags, withConnection } from '../input/connect.ts';
import type { Io } from '../io.ts';
import { EXIT } from '../output/exit.ts';
import { CliError } from '../output/failure.ts';
import { alignColumns, paint, printable, writeLine, writeMessage } from '../output/text.ts';

interface StatusFlags extends ConnectFlags {
  readonly server?: string;
  readonly check?: boolean;
  readonly json?: boolean;
}

const HELP = `
The process that answers reports its own status: one worker, or one instance behind a load balancer.
OTPD_API_KEY needs the scope admin. The health check of a container, which has no API key, is
\`otpd health\`.

Exit codes: 0 the server answers; 2 wrong usage or no answer. With --check: 0 the server answers and
reaches its store; 1 it does not; 2 wrong usage.

Examples:
  $ otpd server-status --server otpd.example.com:50051 --tls
  $ otpd server-status --json | jq .outcomes`;

/** The command. */
export function serverStatusCommand(io: Io): Command {
  const command = new Command('server-status')
    .description('show the status of a server, or check that it serves calls')
    .option('--check', 'exit with 1 unless the server answers and reaches its store')
    .option('--json', 'print the answer as JSON on one line')
    .option('--server <host:port>', 'the same as --address (env OTPD_ADMIN_ADDRESS)');
  return addConnectOptions(command)
    .addHelpText('after', HELP)
    .action(async ({ server, ...flags }: StatusFlags) => {
      const address = server ?? flags.address ?? (io.env['OTPD_ADMIN_ADDRESS'] || undefined);
      const run = showStatus(io, address === undefined ? flags : { ...flags, address });
      await (flags.check === true ? run.catch(unhealthy) : run);
    });
}

/** A server that cannot be reached is not healthy. A wrong command line says nothing about the server. */
function unhealthy(error: unknown): never {
  if (!(error instanceof CliError) || error.failure.code === 'USAGE') throw error;
  throw new CliError(error.failure, EXIT.refused);
}

async function showStatus(io: Io, flags: StatusFlags): Promise<void> {
  const status = await withConnection(io, flags, connectAdmin, (client) => client.getServerStatus({}, { signal: io.signal }));
  if (flags.json) writeMessage(io.stdout, GetServerStatusResponseSchema, status);
  else for (const line of describeStatus(io, status)) writeLine(io.stdout, line);
  if (flags.check && !status.storeReachable) io.setExitCode(EXIT.refused);
}

function describeStatus(io: Io, { storeReachable, limitsLocal, outcomes }: GetServerStatusResponse): string[] {
  const store = storeReachable
    ? paint(io, io.stdout, 'green', 'reachable')
    : `${paint(io, io.stdout, 'red', 'unreachable')}: no code is accepted`;
  const [first = 'no code was checked', ...others] = outcomes.map(
    ({ outcome, count }) => `${count.toLocaleString('en')} ${printable(outcome)}`,
  );
  return alignColumns([
    ['store', store],
    ['limits', limitsLocal ? 'counted by this process alone' : 'counted for all processes'],
    ['last hour', first],
    // A line for each outcome, since a single line would not fit a terminal.
    ...others.map((codes) => ['', codes]),
  ]);
}
