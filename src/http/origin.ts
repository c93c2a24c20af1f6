/** The origin at which a caller reaches this server, for links in answers. */
import type { Exchange } from './exchange.ts';

/** A host name or an address, with or without a port; no other text of a header is used in a link. */
const AUTHORITY = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

export interface OriginOptions {
  readonly isTls: boolean;
  /** Whether a proxy at this address is trusted to describe its caller's request. */
  readonly isProxy: (address: string) => boolean;
}

/**
 * Such as `https://otp.example.com`, from the host in the request. Behind a trusted proxy `x-forwarded-proto` and `x-forwarded-host` take precedence. Empty if the
 * request has no host; links are then relative.
 */
export function originOf(exchange: Exchange, { isTls, isProxy }: OriginOptions): string {
  const told = isProxy(exchange.address) ? (name: string) => exchange.header(name) : () => undefined;
  const host = told('x-forwarded-host') ?? exchange.header('host') ?? exchange.header(':authority');
  if (host === undefined || !AUTHORITY.test(host)) return '';
  const isHttps = (told('x-forwarded-proto') ?? (isTls ? 'https' : 'http')) === 'https';
  return `${isHttps ? 'https' : 'http'}://${host}`;
}
