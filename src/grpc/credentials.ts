/** Server credentials from files: plaintext, TLS or mutual TLS; files replaced on disk are picked up without a restart. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { experimental, ServerCredentials } from '@grpc/grpc-js';

/** How often the files are looked at, in ms. */
const REFRESH_MS = 1000;

/** The paths of the PEM files. */
export interface TlsFiles {
  /** The certificate chain, the server's own first. */
  readonly cert: string;
  /** The private key of the first certificate. */
  readonly key: string;
  /** The authorities whose clients are let in; mutual TLS is demanded if set. */
  readonly clientCa?: string | undefined;
}

interface Pems {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly clientCa: Buffer | undefined;
}

export interface Credentials {
  readonly credentials: ServerCredentials;
  readonly close: () => void;
}

/** Plaintext credentials. */
export function plaintextCredentials(): Credentials {
  return { credentials: ServerCredentials.createInsecure(), close: () => undefined };
}

/**
 * Credentials that follow the files. Throws if they cannot be used at the start; a later change that cannot be used, such as a certificate
 * whose key is not written yet, is reported to `onProblem` once and the old ones stay in force.
 */
export function tlsCredentials(files: TlsFiles, onProblem: (problem: string) => void): Credentials {
  let pems = read(files);
  let lastProblem = '';
  const identity = new Set<experimental.IdentityCertificateUpdateListener>();
  const authorities = new Set<experimental.CaCertificateUpdateListener>();
  const tellIdentity = (tell: experimental.IdentityCertificateUpdateListener) =>
    tell({ certificate: pems.cert, privateKey: pems.key });
  const tellCa = (tell: experimental.CaCertificateUpdateListener) =>
    tell(pems.clientCa ? { caCertificate: pems.clientCa } : null);

  const refresh = (): void => {
    try {
      const fresh = read(files);
      lastProblem = '';
      if (same(fresh, pems)) return;
      pems = fresh;
      authorities.forEach(tellCa);
      identity.forEach(tellIdentity);
    } catch (error) {
      const problem = String((error as NodeJS.ErrnoException).code ?? 'unreadable');
      if (problem !== lastProblem) onProblem(problem);
      lastProblem = problem;
    }
  };

  // A new listener is told a moment later: grpc-js asks before it has registered whom to pass the answer on to.
  const provider: experimental.CertificateProvider = {
    addCaCertificateListener: (listener) => {
      authorities.add(listener);
      queueMicrotask(() => tellCa(listener));
    },
    removeCaCertificateListener: (listener) => void authorities.delete(listener),
    addIdentityCertificateListener: (listener) => {
      identity.add(listener);
      queueMicrotask(() => tellIdentity(listener));
    },
    removeIdentityCertificateListener: (listener) => void identity.delete(listener),
  };
  const mutual = files.clientCa !== undefined;
  const timer = setInterval(refresh, REFRESH_MS).unref();
  return {
    credentials: experimental.createCertificateProviderServerCredentials(provider, mutual ? provider : null, mutual),
    close: () => clearInterval(timer),
  };
}

/** Reads the files and checks that they fit together. */
function read({ cert, key, clientCa }: TlsFiles): Pems {
  const pems = {
    cert: readFileSync(cert),
    key: readFileSync(key),
    clientCa: clientCa === undefined ? undefined : readFileSync(clientCa),
  };
  createSecureContext({ cert: pems.cert, key: pems.key, ...(pems.clientCa && { ca: pems.clientCa }) });
  return pems;
}

function same(a: Pems, b: Pems): boolean {
  return (
    a.cert.equals(b.cert) &&
    a.key.equals(b.key) &&
    (a.clientCa?.equals(b.clientCa ?? Buffer.alloc(0)) ?? b.clientCa === undefined)
  );
}
