/** How a connection is secured: TLS, with the certificates of the caller's choice, or plaintext by an explicit word. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { type ChannelCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';

/** Certificates and keys in PEM. */
export type Pem = string | Uint8Array;

export interface Security {
  /** Trust these authorities instead of the defaults of Node. */
  readonly ca?: Pem | undefined;
  /** Show this certificate to a server that demands one (mutual TLS); goes with `key`. */
  readonly cert?: Pem | undefined;
  /** The private key of `cert`. */
  readonly key?: Pem | undefined;
  /** Use no TLS: the API key, secrets and codes travel in the clear. */
  readonly plaintext?: boolean;
}

/**
 * The credentials of a channel to `address`, and the channel options that go with them. Throws a `TypeError` if the options contradict each
 * other or hold something else than certificates.
 */
export function secure(address: string, security: Security): [ChannelCredentials, ChannelOptions] {
  const { ca, cert, key, plaintext = false } = security;
  const host = address
    .replace(/^dns:\/\/\//, '')
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '');
  // The API key of a server on this machine should not leave it, whatever proxy the environment names.
  const direct = isLocal(host) ? { 'grpc.enable_http_proxy': 0 } : {};
  if (!plaintext) {
    const chain = certificates('cert', cert);
    const [tls, options] = secureTls(host, [certificates('ca', ca), privateKey(chain, key), chain]);
    return [tls, { ...direct, ...options }];
  }
  if ([ca, cert, key].some((pem) => pem !== undefined))
    throw new TypeError('plaintext goes with no certificates: leave out either it, or ca, cert and key');
  return [credentials.createInsecure(), direct];
}

function isLocal(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * A server that is called by its IP address is checked against that address. grpc-js would send it as the TLS server name, which Node
 * refuses (RFC 6066 section 3), so another name is sent instead.
 */
function secureTls(host: string, [ca, key, cert]: readonly (Buffer | null)[]): [ChannelCredentials, ChannelOptions] {
  const byIp = isIP(host) > 0;
  const verify = byIp
    ? { checkServerIdentity: (_: string, shown: Parameters<typeof checkServerIdentity>[1]) => checkServerIdentity(host, shown) }
    : {};
  return [credentials.createSsl(ca, key, cert, verify), byIp ? { 'grpc.ssl_target_name_override': 'localhost' } : {}];
}

/** Certificates of an option, all of which can be read: OpenSSL would skip text that is not a certificate, and trust no server. */
function certificates(option: string, pem: Pem | undefined): Buffer | null {
  if (pem === undefined) return null;
  const bytes = Buffer.from(pem);
  const found = bytes.toString('latin1').match(/-----BEGIN ([A-Z0-9 ]*CERTIFICATE)-----[\s\S]*?-----END \1-----/g) ?? [];
  if (found.length === 0 || !found.every((text) => isReadable(() => new X509Certificate(text))))
    throw new TypeError(`${option} must be certificates in PEM: give what the file holds, not its name`);
  return bytes;
}

/** The private key of a certificate. */
function privateKey(cert: Buffer | null, key: Pem | undefined): Buffer | null {
  if ((cert === null) !== (key === undefined)) throw new TypeError('cert and key go together: give both or neither');
  if (cert === null || key === undefined) return null;
  const bytes = Buffer.from(key);
  if (!isReadable(() => createPrivateKey(bytes))) throw new TypeError('key must be a private key in PEM, without a passphrase');
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(bytes))) throw new TypeError('key is not that of cert');
  return bytes;
}

function isReadable(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
