/** Makes a client from flags and environment: the address, the API key and the security of the connection. */
import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { type ConnectOptions, connect, type OtpClient, OtpError, type Security } from '../../../clients/typescript/src/index.ts';
import { isLoopback } from '../../config/listen-address.ts';
import type { Io } from '../io.ts';
import { explainCallError } from '../output/call-error.ts';
import { fileTrouble, localError, usageError } from '../output/failure.ts';
import { explainWait } from '../output/progress.ts';
import { parseSeconds } from './parsers.ts';

/** The flags that every command of the client takes. */
export interface ConnectFlags {
  readonly address?: string;
  /** In ms. */
  readonly timeout: number;
  readonly tls?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly plaintext?: boolean;
}

const DEFAULT_ADDRESS = '127.0.0.1:50051';
const DEFAULT_PORT = '50051';

/** Adds the flags to a command. */
export function addConnectOptions(command: Command): Command {
  return addTlsOptions(
    command
      .optionsGroup('Connection:')
      .option('--address <host:port>', `the server, or unix:PATH (env OTPD_ADDRESS; default ${DEFAULT_ADDRESS})`)
      .addOption(new Option('--timeout <seconds>', 'how long to wait for an answer').argParser(parseSeconds).default(5000, '5')),
  );
}

/** Adds the flags for TLS and for plaintext. */
export function addTlsOptions(command: Command): Command {
  return command
    .option('--tls', "use TLS with the system's root certificates (env OTPD_TLS=1)")
    .option('--ca <file>', 'use TLS and trust these root certificates, PEM (env OTPD_CA)')
    .option('--cert <file>', "use TLS and show this client's certificate, PEM (env OTPD_CLIENT_CERT)")
    .option('--key <file>', 'the private key of --cert, PEM (env OTPD_CLIENT_KEY)')
    .option('--plaintext', 'use no TLS with a server that is not on this machine');
}

/** The address, the API key and the security of a connection. */
interface Connection {
  /** `HOST:PORT` or `unix:PATH`. */
  readonly address: string;
  readonly apiKey: string;
  readonly security: Security;
}

/**
 * Runs `use` with a client, and closes the client. Throws a `CallError` for a failed call. After a second, a terminal shows the reason of the wait,
 * unless `waiting` is disposed of before.
 */
export async function withClient<T>(
  io: Io,
  flags: ConnectFlags,
  use: (client: OtpClient, waiting: Disposable) => Promise<T>,
): Promise<T> {
  return withConnection(io, flags, connect, use);
}

/** Does the same with the client that `open` makes; errors name the server by `setting`. */
export async function withConnection<Client extends Disposable, T>(
  io: Io,
  flags: ConnectFlags,
  open: (address: string, apiKey: string, options: ConnectOptions) => Client,
  use: (client: Client, waiting: Disposable) => Promise<T>,
  setting = '--address/OTPD_ADDRESS',
): Promise<T> {
  const { address, apiKey, security } = readConnection(io, flags, setting);
  using client = opened(() => open(address, apiKey, { ...security, deadlineMs: flags.timeout }));
  using waiting = explainWait(io, `waiting for otpd at ${address} ...`);
  try {
    return await use(client, waiting);
  } catch (error) {
    throw error instanceof OtpError
      ? explainCallError(error, { address, setting, tls: security.plaintext !== true }, io.signal)
      : error;
  }
}

function opened<Client>(open: () => Client): Client {
  try {
    return open();
  } catch {
    throw localError(
      'the certificates cannot be used: check that --ca, --cert and --key are PEM files, and that --key belongs to --cert',
    );
  }
}

/** Reads the flags and, for absent flags, the environment. */
function readConnection(io: Io, flags: ConnectFlags, setting: string): Connection {
  const { host, address } = parseAddress(flags.address ?? nonEmpty(io.env['OTPD_ADDRESS']) ?? DEFAULT_ADDRESS, setting);
  const security = readSecurity(io, flags);
  const local = host === undefined || isLoopback(host);
  if (security.plaintext && !local && flags.plaintext !== true) {
    throw usageError(
      `${address} is not on this machine, and the API key would travel in the clear: use --tls or --ca, or allow it with --plaintext`,
    );
  }
  return { address, apiKey: readApiKey(io), security };
}

function readApiKey({ env }: Io): string {
  const apiKey = env['OTPD_API_KEY']?.trim() ?? '';
  if (apiKey === '') {
    throw usageError('no API key: set OTPD_API_KEY; `otpd keys create --name NAME`, run beside the server, makes one');
  }
  // grpc-js would quote the value in its error.
  if (!/^[\x21-\x7e]+$/.test(apiKey))
    throw usageError('OTPD_API_KEY is not an API key: it holds spaces, line breaks or characters beyond ASCII');
  return apiKey;
}

/** Parses `HOST`, `HOST:PORT`, `[IPV6]`, `[IPV6]:PORT` or `unix:PATH`, which has no host. */
function parseAddress(text: string, setting: string): { readonly host?: string; readonly address: string } {
  if (/^unix:./.test(text)) return { address: text };
  const [, bracketed, plain, port = DEFAULT_PORT] = /^(?:\[([\da-fA-F:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
    const scheme = /^\w+:\/\//.test(text) ? ', without a scheme such as https:// (--tls asks for TLS)' : '';
    throw usageError(`the address must be HOST:PORT, [IPV6]:PORT or unix:PATH${scheme}: check ${setting}`);
  }
  return { host, address: `${plain ?? `[${host}]`}:${port}` };
}

/** TLS if a flag or a variable asks for it or names a certificate. */
function readSecurity({ env }: Io, flags: ConnectFlags): Security {
  if (flags.plaintext === true) {
    if (flags.tls || flags.ca || flags.cert || flags.key) throw usageError('--plaintext excludes --tls, --ca, --cert and --key');
    return { plaintext: true };
  }
  const ca = flags.ca ?? nonEmpty(env['OTPD_CA']);
  const cert = flags.cert ?? nonEmpty(env['OTPD_CLIENT_CERT']);
  const key = flags.key ?? nonEmpty(env['OTPD_CLIENT_KEY']);
  if ((cert === undefined) !== (key === undefined)) throw usageError('--cert and --key go together: give both or neither');
  const wanted = flags.tls ?? readSwitch(env['OTPD_TLS'] ?? '');
  if (!wanted && ca === undefined && cert === undefined) return { plaintext: true };
  return { ca: readPem('--ca', ca), cert: readPem('--cert', cert), key: readPem('--key', key) };
}

function readSwitch(text: string): boolean {
  if (!['', '0', 'false', '1', 'true'].includes(text)) throw usageError('OTPD_TLS must be 1 or 0');
  return text === '1' || text === 'true';
}

function readPem(flag: string, file: string | undefined): Buffer | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file);
  } catch (error) {
    throw localError(`the file of ${flag} cannot be read: ${fileTrouble(error)}`);
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
