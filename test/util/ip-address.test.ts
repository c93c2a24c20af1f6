/** IP addresses: each in a single form, and no other text. */
import { expect, test } from 'vitest';
import { parseIp, parsePeer } from '../../src/util/ip-address.ts';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8::', '2001:db8::'],
  ['::', '::'],
  ['::1', '::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::192.0.2.1', '::c000:201'],
  ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
])('%s is %s', (text, canonical) => {
  expect(parseIp(text)?.text).toBe(canonical);
});

test('an address of IPv6 has eight groups', () => {
  expect(parseIp('2001:db8::2:0:1')).toMatchObject({ family: 'ipv6', groups: [0x2001, 0xdb8, 0, 0, 0, 2, 0, 1] });
});

test.each([
  '',
  ' ',
  '192.0.2',
  '192.0.2.1 ',
  '192.0.2.01',
  '192.0.2.256',
  '[::1]',
  '::1:',
  ':::1',
  '1::2::3',
  'g::1',
  '%eth0',
  '1',
])('%j is none', (text) => {
  expect(parseIp(text)).toBeUndefined();
});

test.each([
  ['192.0.2.1:5000', '192.0.2.1'],
  ['192.0.2.1', '192.0.2.1'],
  ['[2001:db8::1]:5000', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['2001:db8::1:5000', '2001:db8::1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6'],
  ['::ffff:192.0.2.1:5000', '192.0.2.1'],
  ['unix:/run/otpd.sock', undefined],
  ['unknown', undefined],
])('the peer %s is at %s', (peer, address) => {
  expect(parsePeer(peer)?.text).toBe(address);
});
