/** The bounds on calls without an API key: per connection, per address and in total. A refused call holds nothing. */
import { expect, test } from 'vitest';
import { createUnauthenticatedBounds, type EnterUnauthenticated } from '../../src/rpc/unauthenticated.ts';

/** Enters for each peer; returns the releases. */
function fill(enter: EnterUnauthenticated, count: number, peerOf: (place: number) => string): (() => void)[] {
  return Array.from({ length: count }, (_, place) => enter(peerOf(place)));
}

/** Ten calls on each connection, from addresses with at most 500 calls each. */
const crowd = (place: number): string => `10.0.0.${Math.floor(place / 500)}:${1000 + Math.floor(place / 10)}`;

test.each([
  [10, 'on this connection', () => '192.0.2.1:1000', '192.0.2.1:1000', '192.0.2.1:1001'],
  [500, 'from this address', (place: number) => `192.0.2.1:${1000 + Math.floor(place / 10)}`, '192.0.2.1:9', '192.0.2.2:9'],
  [500, 'from this address', (place: number) => `[2001:db8::${place}]:9`, '[2001:db8::ffff]:9', '[2001:db8:0:1::]:9'],
  [5000, 'on this server', crowd, '192.0.2.1:9', undefined],
])('at most %i at a time %s', (most, where, peerOf, last, other) => {
  const enter = createUnauthenticatedBounds();
  const [release = () => undefined, ...rest] = fill(enter, most, peerOf);
  // More refusals than a connection may have calls: a refused call holds nothing.
  for (let tries = 0; tries < 20; tries += 1)
    expect(() => enter(last)).toThrow(`too many calls without an API key ${where}: at most ${most} at a time`);
  if (other !== undefined) enter(other)();

  // A release counts once.
  release();
  release();
  const entered = enter(last);
  expect(() => enter(last)).toThrow(where);
  for (const giveBack of [entered, ...rest]) giveBack();
  fill(enter, most, peerOf);
});
