/**
 * The server under test, with the suite's methods. The suite starts it, describes it on standard input, and reads its address from standard output.
 * `--door grpc|http` chooses the door, and `--fast-path on|off` the mode of the gRPC door.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { TlsFiles } from '../../src/listener/tls.ts';
import { createOpenHttpServer, createOpenServer } from '../support/open-server.ts';
import { Messages, type ServerRequest } from './messages.ts';
import { conformanceMethods } from './methods.ts';
import { loadRegistry } from './suite.ts';

const HOST = '127.0.0.1';

const { values } = parseArgs({
  options: { door: { type: 'string', default: 'grpc' }, 'fast-path': { type: 'string', default: 'on' } },
});
const messages = new Messages(loadRegistry());
const request = messages.read<ServerRequest>('ServerCompatRequest', await readDelimited());
// The suite sends no API key.
const createServer = values.door === 'http' ? createOpenHttpServer : createOpenServer;
const server = createServer(conformanceMethods(messages), {
  fastPath: values['fast-path'] === 'on',
  tls: tlsOf(request),
  onRefused: () => complain('a connection was refused'),
  onEnd: ({ procedure, fault }) => {
    if (fault !== undefined) complain(`${procedure}: ${fault instanceof Error ? fault.stack : String(fault)}`);
  },
});
const port = await server.listen(HOST, 0);
if ('setServing' in server) server.setServing(true);
const pemCert = request.useTls ? request.serverCreds?.cert : undefined;
process.stdout.write(messages.delimited('ServerCompatResponse', { host: HOST, port, ...(pemCert && { pemCert }) }));
await once(process, 'SIGTERM');
await server.close(1000);

/** Reads a message after its length of four bytes from standard input. */
async function readDelimited(): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of process.stdin) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    if (bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32BE(0)) return bytes.subarray(4, 4 + bytes.readUInt32BE(0));
  }
  throw new Error('no request on standard input');
}

function tlsOf({ useTls, serverCreds, clientTlsCert }: ServerRequest): TlsFiles | undefined {
  if (!useTls || serverCreds === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'otpd-conformance-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string, bytes: Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes, { mode: 0o600 });
    return path;
  };
  const clientCa = clientTlsCert.length > 0 ? file('client-ca.pem', clientTlsCert) : undefined;
  return { cert: file('cert.pem', serverCreds.cert), key: file('key.pem', serverCreds.key), clientCa };
}

function complain(text: string): void {
  process.stderr.write(`server under test: ${text}\n`);
}
