/** The end of a connection by its age, step by step. */
import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import type { Http2Session } from 'node:http2';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ageConnections } from '../../src/grpc/connection-age.ts';
import { ageSession, startAging } from '../../src/listener/connection-age.ts';

const AGE = { maxAgeMs: 10_000, graceMs: 500 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Begins to age a connection, and returns the steps of its end so far. */
function start(random: number, age = AGE) {
  const steps: string[] = [];
  const step = (name: string) => () => void steps.push(name);
  const stop = startAging(
    age,
    { retire: step('retire'), endStreams: step('end streams'), cutOff: step('cut off') },
    () => random,
  );
  return { steps, stop };
}

test.each([
  [0, 9000],
  [0.5, 10_000],
  [1, 11_000],
])('with the random number %d it takes no more calls after %d ms', (random, afterMs) => {
  const { steps } = start(random);
  vi.advanceTimersByTime(afterMs - 1);
  expect(steps).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(steps).toEqual(['retire']);
});

test('its streams end after the grace, and what is left is cut off a second later', () => {
  const { steps } = start(0.5);
  vi.advanceTimersByTime(10_499);
  expect(steps).toEqual(['retire']);
  vi.advanceTimersByTime(1);
  expect(steps).toEqual(['retire', 'end streams']);
  vi.advanceTimersByTime(999);
  expect(steps).toHaveLength(2);
  vi.advanceTimersByTime(1);
  expect(steps).toEqual(['retire', 'end streams', 'cut off']);
  vi.advanceTimersByTime(100_000);
  expect(steps).toHaveLength(3);
});

test.each([9999, 10_400, 11_400])('nothing happens after it has closed by itself after %d ms', (closesMs) => {
  const { steps, stop } = start(0.5);
  vi.advanceTimersByTime(closesMs);
  const before = steps.length;
  stop();
  vi.advanceTimersByTime(100_000);
  expect(steps).toHaveLength(before);
});

test('a connection that closes as it retires, or as its streams end, has no timer left', () => {
  const { promise: _, resolve } = Promise.withResolvers<void>();
  const stop = startAging(AGE, { retire: () => stop(), endStreams: () => resolve(), cutOff: () => resolve() }, () => 0.5);
  const other = startAging(AGE, { retire: () => resolve(), endStreams: () => other(), cutOff: () => resolve() }, () => 0.5);
  vi.advanceTimersByTime(10_000);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(500);
  expect(vi.getTimerCount()).toBe(0);
});

test('connections that begin together end at different moments', () => {
  const { steps } = start(0.5);
  const retired: number[] = [];
  const ignore = () => undefined;
  for (let n = 0; n < 100; n += 1)
    startAging(AGE, { retire: () => void retired.push(Date.now()), endStreams: ignore, cutOff: ignore });
  const startedAt = Date.now();
  vi.advanceTimersByTime(11_000);
  expect(steps).toContain('retire');
  expect(retired).toHaveLength(100);
  expect(new Set(retired).size).toBeGreaterThan(50);
  expect(Math.min(...retired) - startedAt).toBeGreaterThanOrEqual(9000);
});

/** Makes an HTTP/2 connection to a port of this server with the members that ageing uses, and the record of its steps. */
function sessionTo(localPort: number) {
  const steps: string[] = [];
  const session = Object.assign(new EventEmitter(), {
    socket: { localPort, remoteAddress: '192.0.2.1', remotePort: 7 },
    close: () => void steps.push('close'),
    destroy: () => void steps.push('destroy'),
  });
  return { steps, session: session as unknown as Http2Session };
}

test('a connection of HTTP/2 is closed, its streams are ended by the address of their caller, and then it is destroyed', () => {
  const { steps, session } = sessionTo(1);
  ageSession(session, AGE, (connection) => steps.push(`end ${connection}`));
  vi.advanceTimersByTime(11_000);
  expect(steps[0]).toBe('close');
  vi.advanceTimersByTime(AGE.graceMs + 1000);
  expect(steps).toEqual(['close', 'end 192.0.2.1:7', 'destroy']);
});

test.each([
  ['before its age', 0],
  ['in the grace', 11_100],
  ['as it says farewell', 11_600],
])('a connection of HTTP/2 that closes %s has no timer left', (_, ms) => {
  vi.spyOn(Math, 'random').mockReturnValueOnce(0.5);
  const { session } = sessionTo(1);
  ageSession(session, { maxAgeMs: 11_000, graceMs: 500 }, () => undefined);
  vi.advanceTimersByTime(ms);
  expect(vi.getTimerCount()).toBe(1);
  session.emit('close');
  expect(vi.getTimerCount()).toBe(0);
});

test('a connection of gRPC ages once, from its first stream on, if it is to the port of the server, which may stop that', () => {
  const begin = (session: Http2Session | undefined) => channel('http2.server.stream.created').publish({ stream: { session } });
  const stop = ageConnections(11, AGE, () => undefined);
  const [mine, others] = [sessionTo(11), sessionTo(12)];
  for (let stream = 0; stream < 3; stream += 1) begin(mine.session);
  begin(others.session);
  begin(undefined);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(20_000);
  begin(mine.session);
  expect([mine.steps, others.steps, vi.getTimerCount()]).toEqual([['close', 'destroy'], [], 0]);
  stop();
  begin(sessionTo(11).session);
  expect(vi.getTimerCount()).toBe(0);
});
