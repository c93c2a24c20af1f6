/** The address of a caller behind proxies. A header is trusted only for the parts that trusted proxies wrote. */
import { BlockList } from 'node:net';
import { type IpAddress, parseIp, parsePeer } from '../util/ip-address.ts';

/** The most proxies between a caller and this server; a longer list was not written by proxies. */
const MOST_HOPS = 32;
/** An IPv6 address with a zone, brackets and a port. */
const LONGEST_ENTRY = 80;

/** A network, such as 10.0.0.0/8. */
export interface Subnet {
  readonly family: 'ipv4' | 'ipv6';
  /** Its first address. */
  readonly address: string;
  /** The number of leading bits that all its addresses share. */
  readonly prefix: number;
}

export interface CallerAddress {
  /**
   * The address of a call's caller: `peer` itself (an address with its port), unless it is a trusted proxy. Then it is the rightmost address in
   * `forwardedFor` that is not trusted, as `192.0.2.1` or `[2001:db8::1]`. If an entry cannot be read, or none is left, it is the last address before that,
   * which is a proxy's.
   *
   * `forwardedFor` is the value of `x-forwarded-for`: each proxy appends the address that called it, so the part to the left of a trusted proxy's entry is only
   * a claim of the caller. Several headers are to be joined by commas, in their order (RFC 9110 section 5.3).
   */
  (peer: string, forwardedFor: string | undefined): string;
  /** Whether `peer` is a trusted proxy, which forwards the calls of many callers. An IPv6 address without brackets needs a port. */
  isTrusted(peer: string): boolean;
}

/** Trusts the proxies in these networks; IPv4 addresses that are mapped into IPv6 are IPv4 addresses. */
export function createCallerAddress(trusted: readonly Subnet[]): CallerAddress {
  // The lists are separate: in a single list ::/64 would also contain every IPv4 address, mapped into IPv6.
  const proxies = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const { address, prefix, family } of trusted) proxies[family].addSubnet(address, prefix, family);
  const trusts = (address: IpAddress | undefined): boolean =>
    address !== undefined && proxies[address.family].check(address.text, address.family);
  const isTrusted = (peer: string): boolean => trusted.length > 0 && trusts(parsePeer(peer));

  function callerAddress(peer: string, forwardedFor: string | undefined): string {
    if (forwardedFor === undefined || !isTrusted(peer)) return peer;
    let caller: IpAddress | undefined;
    let end = forwardedFor.length;
    for (let hop = 0; hop < MOST_HOPS && end >= 0; hop += 1) {
      const comma = end === 0 ? -1 : forwardedFor.lastIndexOf(',', end - 1);
      const address = parseEntry(forwardedFor, comma + 1, end);
      if (address === undefined) break;
      caller = address;
      if (!trusts(address)) break;
      end = comma;
    }
    if (caller === undefined) return peer;
    return caller.family === 'ipv4' ? caller.text : `[${caller.text}]`;
  }

  return Object.assign(callerAddress, { isTrusted });
}

/** Reads `1.2.3.4`, `1.2.3.4:5000`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:5000`, with white space around. */
function parseEntry(text: string, from: number, to: number): IpAddress | undefined {
  if (to - from > LONGEST_ENTRY) return undefined;
  const entry = text.slice(from, to).trim();
  const [, bracketed, plain] = /^(?:\[([^[\]]+)\]|([\d.]+))(?::\d{1,5})?$/.exec(entry) ?? [];
  if (bracketed === undefined) return parseIp(plain ?? entry);
  return bracketed.includes(':') ? parseIp(bracketed) : undefined;
}

/** The address with its port, as the log names it; `unknown` for a connection that is gone already. */
export function formatPeer(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return 'unknown';
  return port === undefined ? address : `${address}:${port}`;
}
