/** The connections of the HTTP door, of both protocols: each is passed to the server for its protocol, until it closes or is cut off. */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Protocol } from '../listener/preface.ts';
import { createHttp1 } from './http1.ts';
import { createHttp2 } from './http2.ts';
import type { Aging, OnExchange, RefuseRaw, Speaker } from './speaker.ts';

/** How often a silent connection is probed, in ms, so that the connection of a vanished peer closes. */
const PROBE_MS = 60_000;
/** How often connections are checked for timeouts, in ms. */
const LOOK_MS = 1000;

export interface Connections {
  readonly take: (socket: Socket, protocol: Protocol) => void;
  /** Waits for the calls in flight for `graceMs` at most, and cuts off the rest. */
  readonly close: (graceMs: number) => Promise<void>;
}

export function createConnections(onExchange: OnExchange, onUnreadable: RefuseRaw, aging: Aging): Connections {
  const speakers: Readonly<Record<Protocol, Speaker>> = {
    'http/1.1': createHttp1(onExchange, onUnreadable, aging),
    h2: createHttp2(onExchange, aging),
  };
  const all = Object.values(speakers);
  const open = new Set<Socket>();
  const looking = setInterval(() => {
    for (const { look } of all) look(performance.now());
  }, LOOK_MS).unref();

  return {
    take(socket, protocol) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      socket.setKeepAlive(true, PROBE_MS);
      speakers[protocol].take(socket);
    },
    async close(graceMs) {
      for (const { drain } of all) drain();
      const cutOff = performance.now() + graceMs;
      while (open.size > 0 && performance.now() < cutOff) await sleep(10);
      for (const socket of open) socket.destroy();
      clearInterval(looking);
    },
  };
}
