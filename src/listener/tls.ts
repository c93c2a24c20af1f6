/** TLS from PEM files. Files that are replaced on disk take effect without a restart. */
import { readFileSync } from 'node:fs';
import { createSecureContext, createServer, type Server, type TLSSocket } from 'node:tls';

/** How often the files are checked for changes, in ms. */
const REFRESH_MS = 1000;

/** The paths of the PEM files. */
export interface TlsFiles {
  /** The certificate chain, the server's own first. */
  readonly cert: string;
  /** The private key of the first certificate. */
  readonly key: string;
  /** The authorities whose client certificates are accepted; if set, clients must have one. */
  readonly clientCa?: string | undefined;
}

interface Pems {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer | undefined;
}

export interface TlsOptions {
  readonly files: TlsFiles;
  /** The protocols that the server offers by ALPN. A caller that supports none of them is refused. */
  readonly protocols: readonly string[];
  /** Called once for each problem with changed files; the old files stay in use. */
  readonly onProblem: (problem: string) => void;
}

/** The files cannot be read, are not PEM, or do not belong together; the message is the error code. */
export class TlsFilesError extends Error {
  override readonly name = 'TlsFilesError';
}

export interface TlsEndpoint {
  /** Connections are emitted to it (`connection`); it emits them decrypted (`secureConnection`). */
  readonly server: Server;
  readonly close: () => void;
}

/**
 * Makes the endpoint. Throws `TlsFilesError` if the files cannot be used. A later change that cannot be used, such as a certificate without its key, is
 * reported as a problem.
 */
export function createTlsEndpoint({ files, protocols, onProblem }: TlsOptions): TlsEndpoint {
  let pems = readFirst(files);
  let lastProblem = '';
  const server = createServer({
    ...pems,
    ALPNProtocols: [...protocols],
    requestCert: files.clientCa !== undefined,
    rejectUnauthorized: files.clientCa !== undefined,
  });
  // A failed handshake needs no handling: Node has closed the connection.
  server.on('tlsClientError', (_, socket: TLSSocket) => socket.destroy());

  const timer = setInterval(() => {
    try {
      const fresh = read(files);
      lastProblem = '';
      if (same(fresh, pems)) return;
      pems = fresh;
      server.setSecureContext(fresh);
    } catch (error) {
      const problem = codeOf(error);
      if (problem !== lastProblem) onProblem(problem);
      lastProblem = problem;
    }
  }, REFRESH_MS).unref();
  return { server, close: () => clearInterval(timer) };
}

function readFirst(files: TlsFiles): Pems {
  try {
    return read(files);
  } catch (error) {
    throw new TlsFilesError(codeOf(error), { cause: error });
  }
}

/** The error code of the system or of OpenSSL; their messages may contain paths. */
function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? 'unreadable');
}

/** Reads the files and checks that they fit together. */
function read({ cert, key, clientCa }: TlsFiles): Pems {
  const pems: Pems = {
    cert: readFileSync(cert),
    key: readFileSync(key),
    ca: clientCa === undefined ? undefined : readFileSync(clientCa),
  };
  createSecureContext(pems);
  return pems;
}

function same(one: Pems, other: Pems): boolean {
  const none = Buffer.alloc(0);
  return one.cert.equals(other.cert) && one.key.equals(other.key) && (one.ca ?? none).equals(other.ca ?? none);
}
