/** The other end of a connection, by its address and port. */

/** The address with its port, as the log names it; `unknown` for a connection that is gone already. */
export function formatPeer(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return 'unknown';
  return port === undefined ? address : `${address}:${port}`;
}
