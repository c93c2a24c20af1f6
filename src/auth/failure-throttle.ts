/** Failed authentications by the network they come from: a bounded table, so that guessing is slow and forgetting is not. */
import { isIPv4, isIPv6 } from 'node:net';
import { addCall, advance, clear, emptyLog, type WindowLog, waitMs } from '../limits/sliding-window.ts';
import { CallEntries } from '../limits/window-buckets.ts';
import type { LimitWindow } from '../ports/store.ts';

const MAX_NETWORKS = 10_000;
const FAILURES: LimitWindow = { name: 'minute', periodMs: 60_000, limit: 100, refundable: false };
/** Whatever has no IP address, such as a Unix socket whose path the caller chooses, counts as one network. */
const NO_ADDRESS = 'no-address';
const IPV6_NETWORK_GROUPS = 4;

/** The failed authentications of the last minute. Peers are addresses with ports, as transports name them. */
export interface PeerTable {
  /** Ms until the peer may fail again; zero if it may now. */
  blockedMs(peer: string, now: number): number;
  /** Counts a failure. Ms until the peer may fail again if it had failed too often already, and then nothing is counted; else zero. */
  fail(peer: string, now: number): number;
}

/** Makes an empty table. When it is full, the network whose last failure is the longest ago makes room. */
export function createPeerTable(): PeerTable {
  const networks = new Map<string, WindowLog>();
  const entries = new CallEntries();

  function makeRoom(): void {
    const [oldest] = networks;
    if (networks.size < MAX_NETWORKS || oldest === undefined) return;
    const [network, log] = oldest;
    networks.delete(network);
    clear(log);
  }

  return {
    blockedMs(peer, now) {
      const log = networks.get(networkOf(peer));
      if (log === undefined) return 0;
      advance(log, FAILURES, now);
      return waitMs(log, FAILURES, now);
    },
    fail(peer, now) {
      const network = networkOf(peer);
      const log = networks.get(network) ?? emptyLog(entries);
      networks.delete(network);
      makeRoom();
      networks.set(network, log);
      advance(log, FAILURES, now);
      const blockedMs = waitMs(log, FAILURES, now);
      if (blockedMs === 0) addCall(log, FAILURES, now);
      return blockedMs;
    },
  };
}

/**
 * The network of a peer: the IPv4 address, also when mapped into IPv6, or the /64 of an IPv6 address, since one host commonly owns all of it.
 * Reads `1.2.3.4:5000`, `[::1]:5000`, and `::1:5000`, which is how grpc-js writes the same.
 */
export function networkOf(peer: string): string {
  const port = peer.lastIndexOf(':');
  // Without brackets the end of an IPv6 address may be taken for a port; all but the unabbreviated form stay in their /64.
  const address = [peer.slice(0, Math.max(0, port)), peer].map(withoutBrackets).find((text) => isIPv4(text) || isIPv6(text));
  if (address === undefined) return NO_ADDRESS;
  if (isIPv4(address)) return address;
  const groups = ipv6Groups(address);
  return mappedIPv4(groups) ?? `${groups.slice(0, IPV6_NETWORK_GROUPS).map(hex).join(':')}::/64`;
}

function withoutBrackets(text: string): string {
  return text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
}

/** The eight groups of a valid IPv6 address. */
function ipv6Groups(address: string): number[] {
  const [plain = ''] = address.split('%');
  const [head = '', tail] = plain.split('::');
  const before = groupsOf(head);
  if (tail === undefined) return before;
  const after = groupsOf(tail);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

/** The IPv4 address in `::ffff:0:0/96` (RFC 4291 section 2.5.5.2): what a dual-stack socket calls an IPv4 peer. */
function mappedIPv4(groups: readonly number[]): string | undefined {
  const [, , , , , marker, high = 0, low = 0] = groups;
  if (marker !== 0xffff || groups.slice(0, 5).some((group) => group !== 0)) return undefined;
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

function hex(group: number): string {
  return group.toString(16);
}
