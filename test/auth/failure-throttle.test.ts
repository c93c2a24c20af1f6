/** The table of failed authentications: which peers are one network, how often it may fail, how large the table grows. */
import { describe, expect, it } from 'vitest';
import { createPeerTable, networkOf } from '../../src/auth/failure-throttle.ts';
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
    const peers = createPeerTable();
    for (let failure = 0; failure < 100; failure += 1) expect(peers.fail('192.0.2.1:1', START)).toBe(0);
    expect(peers.blockedMs('192.0.2.1:2', START)).toBe(MINUTE);
    expect(peers.fail('192.0.2.1:3', START + 1)).toBe(MINUTE - 1);
    expect(peers.blockedMs('192.0.2.1:1', START + MINUTE - 1)).toBe(1);
    expect(peers.blockedMs('192.0.2.1:1', START + MINUTE)).toBe(0);
    expect(peers.fail('192.0.2.1:1', START + MINUTE)).toBe(0);
  });

  it('counts for the whole /64, and for no other network', () => {
    const peers = createPeerTable();
    for (let failure = 0; failure < 100; failure += 1) peers.fail(`[2001:db8::${failure.toString(16)}]:1`, START);
    expect(peers.blockedMs('[2001:db8::ffff:ffff]:1', START)).toBe(MINUTE);
    expect(peers.blockedMs('[2001:db8:0:1::1]:1', START)).toBe(0);
    expect(peers.blockedMs('192.0.2.1:1', START)).toBe(0);
  });

  it('of networks that made room leaves no memory taken', () => {
    const peers = createPeerTable();
    const fail = (hosts: number) => {
      for (let host = 0; host < hosts; host += 1) peers.fail(`10.${host >> 16}.${(host >> 8) & 0xff}.${host & 0xff}:1`, START);
    };
    fail(10_000);
    const before = process.memoryUsage().arrayBuffers;
    fail(200_000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });

  it('is remembered for 10,000 networks, the one longest quiet making room', () => {
    const peers = createPeerTable();
    const block = (peer: string) => {
      for (let failure = 0; failure < 100; failure += 1) peers.fail(peer, START);
    };
    const strangers = (from: number, to: number) => {
      for (let host = from; host < to; host += 1) peers.fail(`10.0.${host >> 8}.${host & 0xff}:1`, START);
    };
    block('192.0.2.1:1');
    block('192.0.2.2:1');
    strangers(0, 9_997);
    peers.fail('192.0.2.1:1', START);
    strangers(9_997, 9_998);
    expect(peers.blockedMs('192.0.2.2:1', START)).toBe(MINUTE);
    strangers(9_998, 9_999);
    expect(peers.blockedMs('192.0.2.2:1', START)).toBe(0);
    expect(peers.blockedMs('192.0.2.1:1', START)).toBe(MINUTE);
  });

  it('is not forgotten when the clock steps back, and not held against anybody for longer than a minute', () => {
    const peers = createPeerTable();
    for (let failure = 0; failure < 100; failure += 1) peers.fail('192.0.2.1:1', START);
    expect(peers.blockedMs('192.0.2.1:1', START - 60 * MINUTE)).toBe(MINUTE);
    expect(peers.blockedMs('192.0.2.1:1', START - 59 * MINUTE)).toBe(0);
  });
});
