/** Makes certificates for tests with openssl: authorities, and the certificates that they sign. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The PEM files of a certificate and its key. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Makes a certificate authority in `folder`. */
export function makeAuthority(folder: string, name: string): Pair {
  const pair = filesOf(folder, name);
  openssl('req', '-x509', ...newKey(pair), '-out', pair.cert, '-days', '2', '-subj', `/CN=${name}`);
  return pair;
}

/** Makes a certificate for 127.0.0.1 that `authority` has signed. */
export function makeCertificate(folder: string, name: string, authority: Pair): Pair {
  const pair = filesOf(folder, name);
  const names = join(folder, `${name}.ext`);
  writeFileSync(names, 'subjectAltName=IP:127.0.0.1,DNS:localhost');
  openssl('req', ...newKey(pair), '-out', `${pair.cert}.csr`, '-subj', `/CN=${name}`);
  const by = ['-CA', authority.cert, '-CAkey', authority.key, '-CAcreateserial'];
  openssl('x509', '-req', '-in', `${pair.cert}.csr`, ...by, '-out', pair.cert, '-days', '2', '-extfile', names);
  return pair;
}

/** Reads both files. */
export function readPair({ cert, key }: Pair): { readonly cert: Buffer; readonly key: Buffer } {
  return { cert: readFileSync(cert), key: readFileSync(key) };
}

function filesOf(folder: string, name: string): Pair {
  return { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
}

function newKey({ key }: Pair): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key];
}

function openssl(...args: string[]): void {
  const { status, stderr, error } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args[0]} failed: ${error?.message ?? stderr}`);
}
