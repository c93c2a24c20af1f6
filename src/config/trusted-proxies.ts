/** The proxies whose `x-forwarded-for` is trusted: networks in canonical form. All mistakes are reported at once. */
import { Violations } from '../otp/error.ts';
import { type IpAddress, parseIp } from '../util/ip-address.ts';

/** A network of proxies, such as 10.0.0.0/8. */
export interface TrustedProxy {
  readonly family: 'ipv4' | 'ipv6';
  readonly address: string;
  /** The number of leading bits that all its addresses share. */
  readonly prefix: number;
}

/** Reads addresses and CIDRs (RFC 4632, RFC 4291 section 2.3), separated by commas. Throws `InvalidInputError` with a violation for each invalid entry. */
export function parseTrustedProxies(text: string): readonly TrustedProxy[] {
  const violations = new Violations();
  const proxies = text.split(',').flatMap((entry, place) => {
    const outcome = parseEntry(entry.trim());
    if (typeof outcome !== 'string') return [outcome];
    violations.add('', `entry ${place + 1} ${outcome}`);
    return [];
  });
  violations.throwIfAny();
  return proxies;
}

/** The network, or the mistake in words. */
function parseEntry(entry: string): TrustedProxy | string {
  const [, text = '', bits] = /^([\da-f:.]+)(?:\/(\d{1,3}))?$/i.exec(entry) ?? [];
  const address = parseIp(text);
  if (address === undefined) return 'is neither an address nor a CIDR: use such as 10.0.0.0/8, 192.0.2.1 or 2001:db8::/32';
  if (address.family === 'ipv4' && text.includes(':')) return 'is an IPv4 address mapped into IPv6: write it as IPv4';
  const size = address.family === 'ipv4' ? 32 : 128;
  const prefix = bits === undefined ? size : Number(bits);
  if (prefix > size || (bits !== undefined && String(prefix) !== bits)) return `has no such prefix length: use 1 to ${size}`;
  if (prefix === 0) return 'trusts everybody, so that any caller could claim any address: name the networks of the proxies';
  if (numberOf(address) % (1n << BigInt(size - prefix)) !== 0n)
    return `has bits beyond the first ${prefix}: write the first address of the network, or a longer prefix`;
  return { family: address.family, address: address.text, prefix };
}

function numberOf(address: IpAddress): bigint {
  if (address.family === 'ipv6') return address.groups.reduce((number, group) => (number << 16n) | BigInt(group), 0n);
  return address.text.split('.').reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}
