/** Where a caller reaches this server, for links in answers. */
import type { Exchange } from './exchange.ts';

/** A host name or an address, with a port or without: nothing else of a header gets into a link. */
const AUTHORITY = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

export interface OriginOptions {
  readonly isTls: boolean;
  /** Whether a proxy at this address is believed in what it says of its caller's request. */
  readonly isProxy: (address: string) => boolean;
}

/**
 * Such as `https://otp.example.com`, from the host that the caller named. Behind a trusted proxy `x-forwarded-proto` and `x-forwarded-host` go
 * before. Empty if the caller named no host: a link is then relative.
 */
export function originOf(exchange: Exchange, { isTls, isProxy }: OriginOptions): string {
  const told = isProxy(exchange.address) ? (name: string) => exchange.header(name) : () => undefined;
  const host = told('x-forwarded-host') ?? exchange.header('host') ?? exchange.header(':authority');
  if (host === undefined || !AUTHORITY.test(host)) return '';
  const isHttps = (told('x-forwarded-proto') ?? (isTls ? 'https' : 'http')) === 'https';
  return `${isHttps ? 'https' : 'http'}://${host}`;
}
