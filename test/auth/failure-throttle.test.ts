/** The throttle of failed authentications: which peers form a network, how often a network may fail, and how large the table grows. */
import { describe, expect, it } from 'vitest';
import { createFailureThrottle, type FailureThrottle, networkOf } from '../../src/auth/failure-throttle.ts';
import { MINUTE, START } from './fixtures.ts';

describe('the network of a peer', () => {
  it.each([
    ['127.0.0.1:5000', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:192.0.2.7:5000', '192.0.2.7'],
    ['[::ffff:192.0.2.7]:5000', '192.0.2.7'],
    ['::ffff:c000:207:5000', '192.0.2.7'],
    ['::1:5000', '0:0:0:0::/64'],
    ['[::1]:5000', '0:0:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6:5000', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['[2001:0DB8:0001:0002::9]:1', '2001:db8:1:2::/64'],
    ['[2001:db8::2:0:0:0:0]:1', '2001:db8:0:2::/64'],
    ['[fe80::1%eth0]:5000', 'fe80:0:0:0::/64'],
    ['fe80::1%eth0:5000', 'fe80:0:0:0::/64'],
    ['unknown', 'no-address'],
    ['', 'no-address'],
    [':', 'no-address'],
    ['/run/otpd.sock', 'no-address'],
    ['unix:/run/otpd.sock', 'no-address'],
    ['999.1.1.1:5000', 'no-address'],
    ['example.org:5000', 'no-address'],
  ])('%s is of %s', (peer, network) => {
    expect(networkOf(peer)).toBe(network);
  });
});

describe('failing', () => {
  it('is possible 100 times a minute, and again a minute later', () => {
    const throttle = createFailureThrottle();
    for (let failure = 0; failure < 100; failure += 1) expect(throttle.fail('192.0.2.1', START)).toBe(0);
    expect(throttle.fail('192.0.2.1', START)).toBe(MINUTE);
    expect(throttle.fail('192.0.2.1', START + 1)).toBe(MINUTE - 1);
    expect(throttle.fail('192.0.2.1', START + MINUTE - 1)).toBe(1);
    expect(throttle.fail('192.0.2.1', START + MINUTE)).toBe(0);
  });

  it('counts for no other network', () => {
    const throttle = createFailureThrottle();
    block(throttle, '192.0.2.1');
    expect(throttle.fail('192.0.2.2', START)).toBe(0);
    expect(throttle.fail('2001:db8:0:0::/64', START)).toBe(0);
  });

  it.each([
    [9_998, MINUTE],
    [9_999, 0],
  ])('is remembered for 10,000 networks, the one longest quiet making room: with %i more', (strangers, blockedMs) => {
    const throttle = createFailureThrottle();
    block(throttle, '192.0.2.1');
    block(throttle, '192.0.2.2');
    throttle.fail('192.0.2.1', START);
    for (let host = 0; host < strangers; host += 1) throttle.fail(`10.0.${host >> 8}.${host & 0xff}`, START);
    expect(throttle.fail('192.0.2.1', START)).toBe(MINUTE);
    expect(throttle.fail('192.0.2.2', START)).toBe(blockedMs);
  });

  it('is not forgotten when the clock steps back, and not held against anybody for longer than a minute', () => {
    const throttle = createFailureThrottle();
    block(throttle, '192.0.2.1');
    expect(throttle.fail('192.0.2.1', START - 60 * MINUTE)).toBe(MINUTE);
    expect(throttle.fail('192.0.2.1', START - 59 * MINUTE)).toBe(0);
  });
});

function block(throttle: FailureThrottle, network: string): void {
  for (let failure = 0; failure < 100; failure += 1) throttle.fail(network, START);
}
