/** How a connection is secured: TLS, with the certificates of the caller's choice, or plaintext by an explicit word. */
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { type ChannelCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';

/** Certificates and keys in PEM. */
export type Pem = string | Uint8Array;

export interface Security {
  /** Trust these authorities in place of those that Node brings. */
  readonly ca?: Pem | undefined;
  /** Show this certificate to a server that demands one (mutual TLS); goes with `key`. */
  readonly cert?: Pem | undefined;
  /** The private key of `cert`. */
  readonly key?: Pem | undefined;
  /** Use no TLS: the API key, secrets and codes travel in the clear. */
  readonly plaintext?: boolean;
}

/** The credentials of a channel to `address`, and the channel options that go with them. Throws if the certificates cannot be used. */
export function secure(address: string, security: Security): [ChannelCredentials, ChannelOptions] {
  const { ca, cert, key, plaintext = false } = security;
  if (!plaintext) return secureTls(address, [ca, key, cert].map(toBuffer));
  if (ca ?? cert ?? key) throw new TypeError('plaintext goes with no certificates: leave out either');
  return [credentials.createInsecure(), {}];
}

/**
 * A server that is called by its IP address is checked against that address. grpc-js would send it as the TLS server name, which Node
 * refuses (RFC 6066 section 3), so another name is sent in its place.
 */
function secureTls(address: string, [ca, key, cert]: readonly (Buffer | null)[]): [ChannelCredentials, ChannelOptions] {
  const host = address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  const byIp = isIP(host) > 0;
  const verify = byIp
    ? { checkServerIdentity: (_: string, shown: Parameters<typeof checkServerIdentity>[1]) => checkServerIdentity(host, shown) }
    : {};
  return [credentials.createSsl(ca, key, cert, verify), byIp ? { 'grpc.ssl_target_name_override': 'localhost' } : {}];
}

function toBuffer(pem: Pem | undefined): Buffer | null {
  return pem === undefined ? null : Buffer.from(pem);
}
