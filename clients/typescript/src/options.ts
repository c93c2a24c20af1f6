/** Refuses unusable options by name, before the client connects or calls: each would fail later, or silently. */

/** A day, in ms: more than any stream needs without a pause, and less than timers and grpc-js bear. */
const MAX_DEADLINE_MS = 86_400_000;

/** Refuses everything but `host:port` and the names of gRPC's own resolvers, such as `dns:///host:port`. */
export function usableAddress(address: string): void {
  const isUsable = typeof address === 'string' && /^\S+$/.test(address) && !/:\/\/(?!\/)/.test(address);
  if (!isUsable || !/^unix:|:\d{1,5}$/.test(address))
    throw new TypeError('address must be host:port: no URL, no white space, and with its port');
}

/** Refuses a key that cannot be a header; grpc-js would do so with the key in the error. */
export function usableApiKey(apiKey: string): void {
  if (typeof apiKey !== 'string' || !/^[\x21-\x7e]+$/.test(apiKey))
    throw new TypeError('apiKey must be an API key: check for an unset variable, and for a line break at its end');
}

/** The deadline, if time can pass before it and grpc-js can wait for it. */
export function usableDeadline(deadlineMs: number): number {
  if (typeof deadlineMs === 'number' && deadlineMs > 0 && deadlineMs <= MAX_DEADLINE_MS) return deadlineMs;
  throw new TypeError(`deadlineMs must be above 0 and at most ${MAX_DEADLINE_MS} (24 hours)`);
}
