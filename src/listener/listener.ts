/**
 * Accepts connections for a door, and bounds strangers before they cost more than a socket: the number of connections in total and from one address, and
 * the time until a connection speaks HTTP.
 */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { networkOf } from '../auth/failure-throttle.ts';
import { createPermits, type Permits } from '../limits/permits.ts';
import { formatPeer } from '../rpc/caller-address.ts';
import { awaitSpeech, type Protocol } from './preface.ts';
import { createTlsEndpoint, type TlsFiles } from './tls.ts';

/**
 * The most connections that the system holds until the server accepts them; the system lowers the number to its own bound (4,096 on Linux). With Node's
 * default of 511 it drops some of the callers that return together after a restart, and each of them tries again a second later.
 */
const BACKLOG = 4096;
/** The time for the TLS handshake and the first bytes together, in ms. */
const SILENT_MS = 10_000;

export interface ListenerOptions {
  readonly tls: TlsFiles | undefined;
  readonly bounds: ConnectionBounds;
  /** The present connections of all listeners that share the bounds. */
  readonly held?: HeldConnections | undefined;
  /** The supported protocols, offered by ALPN in this order. Without TLS, the first bytes of a connection determine the protocol. */
  readonly protocols: readonly Protocol[];
  /** Called with each accepted connection; its first bytes are still to be read. */
  readonly onConnection: (socket: Socket, protocol: Protocol) => void;
  /** Called for each connection that was closed at once, with the bound that it exceeded. */
  readonly onRefused: (bound: keyof ConnectionBounds) => void;
  /** Called for changed TLS files that cannot be used. */
  readonly onTlsProblem: (problem: string) => void;
}

/** The most consecutive calls without a valid API key on a connection. Health checks do not count. */
const MOST_STRANGE_CALLS = 200;

/** The most connections at a time. */
export interface ConnectionBounds {
  readonly maxConnections: number;
  /** The most from one IPv4 address, or from one /64 of IPv6. */
  readonly maxConnectionsPerAddress: number;
}

/** The present connections of all listeners that share it, in total and by address. */
export interface HeldConnections {
  readonly all: Permits;
  readonly addresses: Permits;
}

export function createHeldConnections(): HeldConnections {
  return { all: createPermits(), addresses: createPermits() };
}

/** The caller at one address and port. */
interface Caller {
  /** Nearly always one: a port may have a connection to each address of this machine. */
  readonly sockets: Set<Socket>;
  /** Consecutive calls without a valid API key. */
  strange: number;
  /** Whether the caller has sent a valid API key. */
  isKnown: boolean;
}

export interface Listener {
  /** Starts to listen, with port 0 on any free port; resolves to the port. Rejects with the error of the system. */
  readonly listen: (host: string, port: number) => Promise<number>;
  /**
   * Reports how a call on the connection of `peer` (address and port) began: with a valid API key, or with none or an invalid one. After 200 of the latter in
   * a row the connection is closed. The connection of a proxy is not, since it carries many callers.
   */
  readonly judge: (peer: string, isRight: boolean) => void;
  /** The number of connections. */
  readonly open: () => number;
  /** The number of calls without a valid API key since the start. */
  readonly strange: () => number;
  /** The number of connections that have ended since the start without ever sending a valid API key; those of proxies do not count. */
  readonly strangersGone: () => number;
  /** Accepts no more connections, and closes every connection that has sent nothing yet. Others continue. */
  readonly close: () => void;
}

/** Makes the listener. Throws for TLS files that cannot be used. `isProxy` says which addresses stand for many callers; they have no bound of their own. */
export function createListener(options: ListenerOptions, isProxy: (address: string) => boolean = () => false): Listener {
  const { tls, bounds, held = createHeldConnections(), protocols, onConnection, onRefused, onTlsProblem } = options;
  const { all, addresses } = held;
  /** Connections that have sent nothing yet, by their two ends, each with the function that ends its time limit. */
  const silent = new Map<string, { readonly socket: Socket; readonly spoken: () => void }>();
  let open = 0;
  /** By peer. */
  const callers = new Map<string, Caller>();
  /** The number of callers with at least one call without a valid API key. */
  let suspects = 0;
  let strange = 0;
  /** The number of callers that have not sent a valid API key yet. */
  let unknown = 0;
  let strangersGone = 0;

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

  /** Counts the calls on a connection until it closes. */
  function remember(socket: Socket, peer: string): void {
    const caller = callers.get(peer) ?? { sockets: new Set(), strange: 0, isKnown: false };
    if (!callers.has(peer)) unknown += 1;
    callers.set(peer, caller);
    caller.sockets.add(socket);
    socket.once('close', () => {
      caller.sockets.delete(socket);
      if (caller.sockets.size > 0) return;
      callers.delete(peer);
      forgive(caller);
      if (caller.isKnown) return;
      unknown -= 1;
      strangersGone += 1;
    });
  }

  function suspect(caller: Caller): void {
    if (caller.strange === 0) suspects += 1;
    caller.strange += 1;
    strange += 1;
    // Waits for the answer to this call, which a door may send at the end of this turn of the event loop.
    if (caller.strange >= MOST_STRANGE_CALLS) setImmediate(setImmediate, hangUp, caller);
  }

  function welcome(caller: Caller): void {
    forgive(caller);
    if (!caller.isKnown) unknown -= 1;
    caller.isKnown = true;
  }

  function forgive(caller: Caller): void {
    if (caller.strange > 0) suspects -= 1;
    caller.strange = 0;
  }

  /** Handshake and first bytes share one time limit, which begins with the connection. */
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
    // A caller of HTTP/1.1 may not support ALPN.
    if (socket.alpnProtocol === 'h2' || protocols.includes('http/1.1')) receive(socket);
    else socket.destroy();
  });

  /** Passes a connection on once its first bytes have arrived. */
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
      server.listen({ host, port, backlog: BACKLOG });
      await once(server, 'listening');
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : port;
    },
    judge(peer, isRight) {
      // Nearly always there is nothing to reset, and the caller is known.
      if (isRight && suspects === 0 && unknown === 0) return;
      const caller = callers.get(peer);
      if (caller === undefined) return;
      if (isRight) welcome(caller);
      else suspect(caller);
    },
    open: () => open,
    strange: () => strange,
    strangersGone: () => strangersGone,
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

/** The two ends of a connection, which are the same for the encrypted socket and the socket inside it. */
function endsOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${formatPeer(remoteAddress, remotePort)} ${localAddress}`;
}

function ignore(): void {
  // Errors need no handling: the connection closes, and that is observed.
}
