/** Who is at the other end of a connection. */
import type { Http2Session } from 'node:http2';

/** A caller's address with its port, as the log names it. */
export function formatPeer({
  remoteAddress,
  remotePort,
}: {
  remoteAddress?: string | undefined;
  remotePort?: number | undefined;
}): string {
  if (remoteAddress === undefined) return 'unknown';
  return remotePort === undefined ? remoteAddress : `${remoteAddress}:${remotePort}`;
}

/** Makes what names the peer of a connection, which is asked once: the socket answers by way of slow getters. */
export function createPeers(): (session: Http2Session | undefined) => string {
  const peers = new WeakMap<Http2Session, string>();
  return (session) => {
    if (session === undefined) return formatPeer({});
    let peer = peers.get(session);
    if (peer === undefined) {
      peer = formatPeer(session.socket);
      peers.set(session, peer);
    }
    return peer;
  };
}
