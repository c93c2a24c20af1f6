/** The timers for the age of an HTTP/1.1 connection: each round sets the next timer, and none remains at the end. */

import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createHttp1 } from '../../src/http/http1.ts';

const AGE = { maxAgeMs: 10_000, graceMs: 500 };
/** With its jitter an age is at most a tenth longer. After the grace period come a second for the statuses and the next round. */
const LONGEST_ROUND_MS = 11_000 + 500 + 1000;

let ended: string[];
let socket: Socket;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  ended = [];
  const speaker = createHttp1(
    () => undefined,
    async () => '',
    { ...AGE, endStreams: (peer) => ended.push(peer) },
  );
  const duplex = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  socket = Object.assign(duplex, { remoteAddress: '192.0.2.1', remotePort: 7 }) as unknown as Socket;
  speaker.take(socket);
});
afterEach(() => {
  vi.useRealTimers();
});

/** Closes the connection; resolves after its close event. */
async function close(): Promise<void> {
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.destroy();
  await closed;
}

test('each round ends the streams that began since the last', () => {
  for (let round = 1; round <= 3; round += 1) {
    vi.advanceTimersByTime(LONGEST_ROUND_MS);
    expect(ended.length).toBeGreaterThanOrEqual(round);
    expect(vi.getTimerCount()).toBe(1);
  }
  expect(new Set(ended)).toEqual(new Set(['192.0.2.1:7']));
  expect(socket.destroyed).toBe(false);
});

test.each([
  ['before its age', 0],
  ['in the grace', 11_100],
  ['in a later round', 2 * LONGEST_ROUND_MS],
])('a connection that closes %s leaves no timer', async (_, ms) => {
  vi.advanceTimersByTime(ms);
  expect(vi.getTimerCount()).toBe(1);
  await close();
  expect(vi.getTimerCount()).toBe(0);
});
