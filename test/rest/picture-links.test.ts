/** Links to pictures: they open for ten minutes, unchanged, and under the same key. */
import { createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPictureLinks } from '../../src/http/rest/picture-links.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const TEXT = 'otpauth://totp/ACME:zoé?secret=JBSWY3DPEHPK3PXP&issuer=ACME';
let now = NOW;
const linksOf = (fill: number) => createPictureLinks(createSecretKey(Buffer.alloc(32, fill)), () => now);
const links = linksOf(1);

describe('a link', () => {
  it('opens where the key is the same', () => {
    const sealed = links.seal(TEXT);
    expect(linksOf(1).open(sealed)).toBe(TEXT);
    expect(linksOf(2).open(sealed)).toBeUndefined();
  });

  it('is opaque, fit for a URL, and another each time', () => {
    const [one, other] = [links.seal(TEXT), links.seal(TEXT)];
    expect(one).toMatch(/^[\w-]+$/);
    expect(one).not.toBe(other);
    for (const encoding of ['latin1', 'base64', 'hex'] as const)
      expect(Buffer.from(one, 'base64url').includes(Buffer.from('JBSWY3DPEHPK3PXP').toString(encoding))).toBe(false);
  });

  it.each([
    [0, true],
    [600_000, true],
    [600_001, false],
    [86_400_000, false],
  ])('after %i ms opens: %s', (ms, opens) => {
    now = NOW;
    const sealed = links.seal(TEXT);
    now += ms;
    expect(links.open(sealed) !== undefined).toBe(opens);
    now = NOW;
  });

  it('does not open with any bit changed, cut short, or spelled otherwise', () => {
    const sealed = links.seal(TEXT);
    const bytes = Buffer.from(sealed, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(links.open(changed.toString('base64url'))).toBeUndefined();
    }
    for (let length = 0; length < bytes.length; length += 1)
      expect(links.open(bytes.toString('base64url', 0, length))).toBeUndefined();
    for (const other of [`${sealed}=`, `${sealed}!!`, ` ${sealed}`, `${sealed}A`]) expect(links.open(other)).toBeUndefined();
  });

  it('is refused for any content', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => links.open(text) === undefined));
    expect(links.open('A'.repeat(100_000))).toBeUndefined();
  });
});
