/** IP addresses in the notation of RFC 4291 section 2.2, in one normal form each. */
import { isIPv4, isIPv6 } from 'node:net';

export type IpAddress =
  | { readonly family: 'ipv4'; readonly text: string }
  | {
      readonly family: 'ipv6';
      /** Without a zone: lower case, the longest run of zeros left out (RFC 5952). */
      readonly text: string;
      /** The eight numbers of 16 bits. */
      readonly groups: readonly number[];
    };

/**
 * Reads an address without brackets or a port. An IPv6 address that maps an IPv4 address (RFC 4291 section 2.5.5.2) becomes that address. Returns
 * undefined for any other text.
 */
export function parseIp(text: string): IpAddress | undefined {
  if (isIPv4(text)) return { family: 'ipv4', text };
  if (!isIPv6(text)) return undefined;
  const [plain = ''] = text.split('%');
  const groups = groupsOf(plain);
  const mapped = mappedIPv4(groups);
  if (mapped !== undefined) return { family: 'ipv4', text: mapped };
  return { family: 'ipv6', text: new URL(`http://[${plain}]`).hostname.slice(1, -1), groups };
}

/**
 * Reads the address of a peer in the form of a transport: `1.2.3.4:5000`, `[::1]:5000`, or `::1:5000`, which is how grpc-js writes the second. The
 * port may be absent. Without brackets, the end of an IPv6 address may be read as a port. Returns undefined if there is no IP address.
 */
export function parsePeer(peer: string): IpAddress | undefined {
  const withoutPort = peer.slice(0, Math.max(0, peer.lastIndexOf(':')));
  return parseIp(withoutBrackets(withoutPort)) ?? parseIp(withoutBrackets(peer));
}

function withoutBrackets(text: string): string {
  return text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
}

/** The eight groups of a valid IPv6 address without a zone. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const before = numbersOf(head);
  if (tail === undefined) return before;
  const after = numbersOf(tail);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function numbersOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

function mappedIPv4(groups: readonly number[]): string | undefined {
  const [, , , , , marker, high = 0, low = 0] = groups;
  if (marker !== 0xffff || groups.slice(0, 5).some((group) => group !== 0)) return undefined;
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}
