/** The connections of the HTTP door, of both protocols: each is given to the server that speaks its own, until it closes or is cut off. */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Protocol } from '../listener/preface.ts';
import { createHttp1 } from './http1.ts';
import { createHttp2 } from './http2.ts';
import type { Aging, OnExchange, Speaker } from './speaker.ts';

/** How often a connection is probed that says nothing, in ms, so that a peer which is gone does not stay for ever. */
const PROBE_MS = 60_000;
/** How often it is looked at whether a connection is to be cut off, in ms. */
const LOOK_MS = 1000;

export interface Connections {
  readonly take: (socket: Socket, protocol: Protocol) => void;
  /** Lets the calls in flight end for `graceMs` at most, and cuts off the rest. */
  readonly close: (graceMs: number) => Promise<void>;
}

export function createConnections(onExchange: OnExchange, aging: Aging): Connections {
  const speakers: Readonly<Record<Protocol, Speaker>> = {
    'http/1.1': createHttp1(onExchange, aging),
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
