/**
 * Accepts connections for a door. Strangers are bounded here, before they cost more than a socket: the number of connections in all and from
 * one address, and the time until a connection speaks HTTP.
 */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { networkOf } from '../auth/failure-throttle.ts';
import { createPermits, type Permits } from '../limits/permits.ts';
import { formatPeer } from '../rpc/peer.ts';
import { awaitSpeech, type Protocol } from './preface.ts';
import { createTlsEndpoint, type TlsFiles } from './tls.ts';

/** How long a connection may take for its TLS handshake and the beginning of its speech together, in ms. */
const SILENT_MS = 10_000;

export interface ListenerOptions {
  readonly tls: TlsFiles | undefined;
  readonly bounds: ConnectionBounds;
  /** The connections that there are, where listeners share the bounds. */
  readonly held?: HeldConnections | undefined;
  /** The protocols that are spoken, offered by ALPN in this order. Without TLS, the first bytes of a connection tell which one it is. */
  readonly protocols: readonly Protocol[];
  /** Given each connection that is let in, with all that it has said still to be read. */
  readonly onConnection: (socket: Socket, protocol: Protocol) => void;
  /** Told of each connection that was closed at once, and of the bound that it was over. */
  readonly onRefused: (bound: keyof ConnectionBounds) => void;
  /** Told of TLS files that were changed and cannot be used. */
  readonly onTlsProblem: (problem: string) => void;
}

/** Calls in a row without a right API key that a connection may make. Health checks do not count. */
const MOST_STRANGE_CALLS = 200;

/** The most connections at a time. */
export interface ConnectionBounds {
  readonly maxConnections: number;
  /** From one IPv4 address or one /64 of IPv6. */
  readonly maxConnectionsPerAddress: number;
}

/** The connections of all listeners that are given it, in all and by address. */
export interface HeldConnections {
  readonly all: Permits;
  readonly addresses: Permits;
}

export function createHeldConnections(): HeldConnections {
  return { all: createPermits(), addresses: createPermits() };
}

/** Who calls from one address and port. */
interface Caller {
  /** Nearly always the only one: from one port there may be a connection to each address of this machine. */
  readonly sockets: Set<Socket>;
  /** Calls in a row without a right API key. */
  strange: number;
}

export interface Listener {
  /** Starts to listen, port 0 for any; resolves to the port. Rejects with the error of the system. */
  readonly listen: (host: string, port: number) => Promise<number>;
  /**
   * Tells how a call on the connection of `peer` (address and port) began: with a right API key, or with none or a wrong one. A connection with 200
   * of the latter in a row is closed: it costs more than it is worth. A proxy's connection is not, since it carries many callers.
   */
  readonly judge: (peer: string, isRight: boolean) => void;
  /** How many connections there are. */
  readonly open: () => number;
  /** How many calls without a right API key there were since the start. */
  readonly strange: () => number;
  /** Takes no more connections, and drops every connection that has sent nothing yet. Others go on. */
  readonly close: () => void;
}

/** Makes the listener. Throws for TLS files that cannot be used. `isProxy` says which addresses stand for many callers: they have no bound of their own. */
export function createListener(options: ListenerOptions, isProxy: (address: string) => boolean = () => false): Listener {
  const { tls, bounds, held = createHeldConnections(), protocols, onConnection, onRefused, onTlsProblem } = options;
  const { all, addresses } = held;
  /** Connections that have sent nothing yet, by their two ends, each with the function that ends its time limit. */
  const silent = new Map<string, { readonly socket: Socket; readonly spoken: () => void }>();
  let open = 0;
  /** By peer. */
  const callers = new Map<string, Caller>();
  /** How many of them have begun to count. */
  let suspects = 0;
  let strange = 0;

  function admit(socket: Socket): boolean {
    const address = socket.remoteAddress ?? '';
    const most = isProxy(address) ? Number.POSITIVE_INFINITY : bounds.maxConnectionsPerAddress;
    const ofAll = all.take('', bounds.maxConnections);
    const ofAddress = ofAll && addresses.take(networkOf(`${address}:0`), most);
    if (ofAddress === undefined) {
      ofAll?.();
      onRefused(ofAll === undefined ? 'maxConnections' : 'maxConnectionsPerAddress');
      return false;
    }
    open += 1;
    socket.once('close', () => {
      ofAll?.();
      ofAddress();
      open -= 1;
    });
    if (!isProxy(address)) remember(socket, formatPeer(address, socket.remotePort));
    return true;
  }

  /** Has the calls on a connection counted, until it closes. */
  function remember(socket: Socket, peer: string): void {
    const caller = callers.get(peer) ?? { sockets: new Set(), strange: 0 };
    callers.set(peer, caller);
    caller.sockets.add(socket);
    socket.once('close', () => {
      caller.sockets.delete(socket);
      if (caller.sockets.size > 0) return;
      callers.delete(peer);
      forgive(caller);
    });
  }

  function suspect(caller: Caller): void {
    if (caller.strange === 0) suspects += 1;
    caller.strange += 1;
    strange += 1;
    if (caller.strange >= MOST_STRANGE_CALLS) setImmediate(hangUp, caller);
  }

  function forgive(caller: Caller): void {
    if (caller.strange > 0) suspects -= 1;
    caller.strange = 0;
  }

  /** Handshake and preface have one time together, so that it runs from the beginning of the connection. */
  function expectSpeech(socket: Socket): void {
    const ends = endsOf(socket);
    const timer = setTimeout(() => socket.destroy(), SILENT_MS);
    const spoken = (): void => {
      silent.delete(ends);
      clearTimeout(timer);
    };
    silent.set(ends, { socket, spoken });
    socket.once('close', spoken);
  }

  const endpoint = tls && createTlsEndpoint({ files: tls, protocols, onProblem: onTlsProblem });
  endpoint?.server.on('secureConnection', (socket) => {
    // A caller of HTTP/1.1 may know nothing of ALPN.
    if (socket.alpnProtocol === 'h2' || protocols.includes('http/1.1')) receive(socket);
    else socket.destroy();
  });

  /** Hands a connection on once it has begun to speak. */
  function receive(socket: Socket): void {
    socket.on('error', ignore);
    const ends = endsOf(socket);
    awaitSpeech(socket, protocols, (protocol) => {
      silent.get(ends)?.spoken();
      onConnection(socket, protocol);
    });
  }

  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', ignore);
    if (!admit(socket)) {
      socket.destroy();
      return;
    }
    expectSpeech(socket);
    if (endpoint === undefined) receive(socket);
    else endpoint.server.emit('connection', socket);
  });

  return {
    async listen(host, port) {
      server.listen({ host, port });
      await once(server, 'listening');
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : port;
    },
    judge(peer, isRight) {
      // Nearly always, there is nothing to forget.
      if (isRight && suspects === 0) return;
      const caller = callers.get(peer);
      if (caller === undefined) return;
      if (isRight) forgive(caller);
      else suspect(caller);
    },
    open: () => open,
    strange: () => strange,
    close() {
      server.close();
      endpoint?.close();
      for (const { socket } of silent.values()) socket.destroy();
    },
  };
}

function hangUp({ sockets }: Caller): void {
  for (const socket of sockets) socket.destroy();
}

/** The two ends of a connection, which are the same for the socket that is encrypted and the one that is in it. */
function endsOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${formatPeer(remoteAddress, remotePort)} ${localAddress}`;
}

function ignore(): void {
  // An error of the connection needs no handling: it closes, and that is seen.
}
