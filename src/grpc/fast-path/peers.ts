/** The peers of connections: each is asked for once, since the socket answers by way of slow getters. */
import type { Http2Session } from 'node:http2';
import { formatPeer } from '../../rpc/peer.ts';

/** Makes the function that names the peer of a connection. */
export function createPeers(): (session: Http2Session | undefined) => string {
  const peers = new WeakMap<Http2Session, string>();
  return (session) => {
    if (session === undefined) return formatPeer(undefined, undefined);
    let peer = peers.get(session);
    if (peer === undefined) {
      peer = formatPeer(session.socket.remoteAddress, session.socket.remotePort);
      peers.set(session, peer);
    }
    return peer;
  };
}
