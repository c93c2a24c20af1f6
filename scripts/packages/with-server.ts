/**
 * `with-server.ts COMMAND...`: starts a server and runs a command, which finds the address and an API key in OTPD_ADDRESS and OTPD_API_KEY. Exits
 * with the command's exit code.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startServer } from '../../test/support/server.ts';

const [command = '', ...args] = process.argv.slice(2);
const server = await startServer();
try {
  const env = { ...process.env, OTPD_ADDRESS: server.address, OTPD_API_KEY: server.apiKey };
  const [code] = await once(spawn(command, args, { stdio: 'inherit', env }), 'exit');
  process.exitCode = code ?? 1;
} finally {
  await server.close();
}
