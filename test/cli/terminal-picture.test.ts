/** The pictures of the terminal in the README: people can read them, and apps can read their QR code. */
import { readFileSync } from 'node:fs';
import jsqr from 'jsqr';
import { expect, it } from 'vitest';

const scan = jsqr as unknown as typeof jsqr.default; // A CommonJS module, whose export is the function.

it.each(['terminal.svg', 'terminal-dark.svg'])('%s is as wide as a README, and its QR code has whole pixels', (name) => {
  const svg = readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
  const [, width = '', height = ''] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
  expect(Number(width)).toBe(760);
  // White, the background of the code in both themes; then the black modules are drawn.
  const data = new Uint8ClampedArray(760 * Number(height) * 4).fill(255);
  const paths = [...svg.matchAll(/<path d="([^"]+)" fill="#000000" shape-rendering="crispEdges"\/>/g)].map(([, path]) => path);
  for (const [, x, y, w, h] of paths.join('').matchAll(/M(\d+) (\d+)h(\d+)v(\d+)h-\3z/g)) {
    for (let row = Number(y); row < Number(y) + Number(h); row++)
      for (let column = Number(x); column < Number(x) + Number(w); column++)
        data.fill(0, (row * 760 + column) * 4, (row * 760 + column) * 4 + 3);
  }
  expect(paths.join('').replaceAll(/M\d+ \d+h(\d+)v\d+h-\1z/g, '')).toBe('');
  expect(scan(data, 760, Number(height), { inversionAttempts: 'dontInvert' })?.data).toMatch(/^otpauth:\/\/totp\/ACME:alice/);
  for (const word of ['is\u00a0ready\u00a0on', 'confirmed', 'accepted']) expect(svg).toContain(word);
});
