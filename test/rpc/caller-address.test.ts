/** The address that counts behind proxies: the entries of trusted proxies, from the right, and no claim of a caller. */
import { describe, expect, it, test } from 'vitest';
import { parseTrustedProxies } from '../../src/config/trusted-proxies.ts';
import { createCallerAddress } from '../../src/rpc/caller-address.ts';
import { processorMs } from '../support/running-time.ts';

const PROXY = '10.0.0.1:443';
const of = createCallerAddress(parseTrustedProxies('10.0.0.0/8, 2001:db8:ffff::/48, 192.0.2.7'));

describe('without trusted proxies', () => {
  it('the peer is the caller, whatever the header says', () => {
    const nobody = createCallerAddress([]);
    for (const header of [undefined, '', '192.0.2.1', '127.0.0.1, 10.0.0.1']) expect(nobody(PROXY, header)).toBe(PROXY);
    expect(nobody.isTrusted('127.0.0.1:1')).toBe(false);
  });
});

describe('a peer', () => {
  it.each([
    ['10.0.0.1:443', true],
    ['10.255.255.255', true],
    ['::ffff:10.0.0.1:443', true],
    ['[::ffff:10.0.0.1]:443', true],
    ['::ffff:a00:1:443', true],
    ['192.0.2.7:1', true],
    ['[2001:db8:ffff::1]:443', true],
    ['2001:db8:ffff::1:443', true],
    ['11.0.0.1:443', false],
    ['192.0.2.8:1', false],
    ['[2001:db8:fffe::1]:443', false],
    ['unknown', false],
    ['', false],
    ['/run/10.0.0.1', false],
    ['10.0.0.1.example.org:1', false],
  ])('%s is trusted: %s', (peer, trusted) => {
    expect(of.isTrusted(peer)).toBe(trusted);
    expect(of(peer, '203.0.113.9')).toBe(trusted ? '203.0.113.9' : peer);
  });

  it('of IPv4 is in no network of IPv6, including that of mapped addresses', () => {
    const { isTrusted } = createCallerAddress(parseTrustedProxies('::/64'));
    expect(['10.0.0.1:1', '::ffff:10.0.0.1:1', '[::1]:1'].map(isTrusted)).toEqual([false, false, true]);
  });
});

describe('behind a trusted proxy', () => {
  test.each([
    ['the one entry', '203.0.113.9', '203.0.113.9'],
    ['the rightmost, not what a caller claims', '198.51.100.1, 203.0.113.9', '203.0.113.9'],
    ['the rightmost that is no proxy', '198.51.100.1, 203.0.113.9, 10.0.0.2, 192.0.2.7', '203.0.113.9'],
    ['a claim to be a proxy', '10.0.0.9, 203.0.113.9', '203.0.113.9'],
    ['several headers, joined', '198.51.100.1,203.0.113.9,10.3.2.1', '203.0.113.9'],
    ['white space', ' 198.51.100.1 ,\t203.0.113.9 ', '203.0.113.9'],
    ['a port', '203.0.113.9:51234', '203.0.113.9'],
    ['IPv6', '2001:db8::1', '[2001:db8::1]'],
    ['IPv6 that ends like a port', '2001:db8::2:1', '[2001:db8::2:1]'],
    ['IPv6 in brackets', '[2001:DB8:0:0::1]', '[2001:db8::1]'],
    ['IPv6 in brackets, with a port', '[2001:db8::1]:443', '[2001:db8::1]'],
    ['IPv6 with a zone', 'fe80::1%eth0', '[fe80::1]'],
    ['IPv4 mapped into IPv6', '::ffff:203.0.113.9', '203.0.113.9'],
    ['a proxy mapped into IPv6', '203.0.113.9, ::ffff:10.0.0.2', '203.0.113.9'],
    ['a proxy of IPv6', '203.0.113.9, 2001:db8:ffff::2', '203.0.113.9'],
    ['proxies alone: the first of them', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
  ])('%s', (_, header, caller) => {
    expect(of(PROXY, header)).toBe(caller);
  });

  test.each([
    'unknown',
    '_hidden',
    'example.org',
    '203.0.113',
    '203.0.113.9.1',
    '203.0.113.256',
    '0x7f.1',
    '203.0.113.9:port',
    '203.0.113.9:',
    '203.0.113.9:123456',
    '[203.0.113.9]',
    '[2001:db8::1',
    '2001:db8::1]',
    '[2001:db8::1]443',
    '[]:443',
    '"203.0.113.9"',
    'for=203.0.113.9',
    '203.0.113.9;',
    '203.0.113.9 198.51.100.1',
    '203.0.113.9\u0000',
    '٢٠٣.0.113.9',
    '',
    ' ',
    `fe80::1%${'x'.repeat(100)}`,
    '1'.repeat(100_000),
  ])('an entry %j ends the walk: the last address before it counts', (garbage) => {
    expect(of(PROXY, `203.0.113.9, ${garbage}`)).toBe(PROXY);
    expect(of(PROXY, garbage)).toBe(PROXY);
    expect(of(PROXY, `203.0.113.9, ${garbage}, 10.0.0.2`)).toBe('10.0.0.2');
    expect(of(PROXY, `${garbage}, 203.0.113.9`)).toBe('203.0.113.9');
  });

  it('an absent header leaves the proxy', () => {
    expect(of(PROXY, undefined)).toBe(PROXY);
  });

  it('32 hops are walked, and no more', () => {
    const hops = (count: number) => ['203.0.113.9', ...Array.from({ length: count }, (_, hop) => `10.1.0.${hop}`)].join(', ');
    expect(of(PROXY, hops(31))).toBe('203.0.113.9');
    expect(of(PROXY, hops(32))).toBe('10.1.0.0');
    expect(of(PROXY, hops(200))).toMatch(/^10\.1\.0\.168$/);
  });

  it('a header of the greatest length costs next to nothing', () => {
    const walk = (): void => {
      for (const header of [','.repeat(16_384), '10.0.0.2,'.repeat(2_000), 'x'.repeat(16_384)])
        for (let call = 0; call < 100; call += 1) of(PROXY, header);
    };
    expect(processorMs(walk)).toBeLessThan(1_000);
  });

  it('the result is an address, fit for a log and a limit, for any input', () => {
    const pieces = ['10.0.0.2', '203.0.113.9', '[', ']', ':', '::', ',', ' ', '%', '"', '\n', 'ffff', '443', '.', '2001:db8::1'];
    for (let seed = 0; seed < 20_000; seed += 1) {
      let state = seed * 2_654_435_761;
      const next = () => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return state >>> 16;
      };
      const header = Array.from({ length: next() % 12 }, () => pieces[next() % pieces.length]).join('');
      expect(of(PROXY, header)).toMatch(/^([\d.]+|\[[\da-f:]+\]|10\.0\.0\.1:443)$/);
    }
  });
});
