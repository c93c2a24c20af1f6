/** Counts failed authentications by network in a bounded table, to limit guessing. */
import { LRUCache } from 'lru-cache';
import { addCall, advance, emptyLog, type WindowLog, waitMs } from '../limits/sliding-window.ts';
import type { LimitWindow } from '../ports/store.ts';
import { parsePeer } from '../util/ip-address.ts';

const MAX_NETWORKS = 10_000;
const FAILURES: LimitWindow = { name: 'minute', periodMs: 60_000, limit: 100, refundable: false };
/** The network of all peers without an IP address, such as a Unix socket, whose path the caller chooses. */
const NO_ADDRESS = 'no-address';
const IPV6_NETWORK_GROUPS = 4;

/** The failed authentications of the last minute. */
export interface FailureThrottle {
  /**
   * Counts a failure and returns zero. If the network has too many failures already, counts nothing and returns the time until it may fail again, in
   * ms.
   */
  fail(network: string, now: number): number;
}

/** Makes an empty table. A full table drops the network whose last failure is the oldest (LRU). */
export function createFailureThrottle(): FailureThrottle {
  const networks = new LRUCache<string, WindowLog>({ max: MAX_NETWORKS });
  return {
    fail(network, now) {
      const log = networks.get(network) ?? emptyLog();
      networks.set(network, log);
      advance(log, FAILURES, now);
      const blockedMs = waitMs(log, FAILURES, now);
      if (blockedMs === 0) addCall(log, FAILURES, now);
      return blockedMs;
    },
  };
}

/**
 * Returns the network of a peer, an address with or without its port: the IPv4 address, even if it is mapped into IPv6, or the /64 of an IPv6
 * address, since a host commonly owns a whole /64.
 */
export function networkOf(peer: string): string {
  const address = parsePeer(peer);
  if (address === undefined) return NO_ADDRESS;
  if (address.family === 'ipv4') return address.text;
  return `${address.groups.slice(0, IPV6_NETWORK_GROUPS).map(hex).join(':')}::/64`;
}

function hex(group: number): string {
  return group.toString(16);
}
