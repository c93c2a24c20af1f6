/** `otpd server-status`: how a server is, for operators and their monitors. */
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
The status is that of the process that answers: of one worker, or of one instance behind a balancer.
It needs an API key with the scope admin in OTPD_API_KEY.

For the health check of a container, which has no API key, there is \`otpd health\`.

Exit codes: 0 there is an answer, with --check a good one; with --check 1 the store cannot be reached,
or there is no answer; 2 wrong usage, or without --check no answer.

Examples:
  $ otpd server-status --server otpd.example.com:50051 --tls
  $ otpd server-status --json | jq .outcomes`;

/** The command. */
export function serverStatusCommand(io: Io): Command {
  const command = new Command('server-status')
    .description('show how a server is, or check that it serves calls')
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

/** A server that cannot be asked is not healthy. A wrong command line says nothing of it. */
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
    : `${paint(io, io.stdout, 'red', 'away')}: no code is accepted`;
  const codes = outcomes.map(({ outcome, count }) => `${count.toLocaleString('en')} ${printable(outcome)}`);
  return alignColumns([
    ['store', store],
    ['limits', limitsLocal ? 'counted by this process alone' : 'counted for all processes'],
    ['last hour', codes.length === 0 ? 'no code was checked' : codes.join(', ')],
  ]);
}
