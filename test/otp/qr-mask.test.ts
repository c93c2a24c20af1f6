/** The mask: the one that `qrcode` chooses by itself, for every size and level, and the pixels that come of it. */
import fc from 'fast-check';
import { type BitMatrix, create } from 'qrcode';
import { expect, it } from 'vitest';
import { renderQr } from '../../src/otp/qr.ts';
import { maskBest } from '../../src/otp/qr-mask.ts';
import { toPixels } from './pixels.ts';

const LEVELS = ['L', 'M', 'Q', 'H'] as const;

/** The length of the text that leaves a code of this version half empty at the highest level. */
const halfFull = (version: number): number => Math.ceil(version ** 2 / 4);

function expectSameChoice(version: number, errorCorrectionLevel: (typeof LEVELS)[number], data: Uint8Array): number {
  const segments = [{ mode: 'byte' as const, data: Buffer.from(data) }];
  const whole = create(segments, { version, errorCorrectionLevel });
  const unmasked = create(segments, { version, errorCorrectionLevel, maskPattern: 0 });
  expect(Buffer.from(maskBest(unmasked.modules))).toEqual(Buffer.from(whole.modules.data));
  return whole.maskPattern ?? 0;
}

it('is the one that qrcode chooses, for every version', () => {
  const chosen = new Set<number>();
  for (let version = 1; version <= 40; version++) {
    const data = new Uint8Array(halfFull(version)).map((_, i) => (i * version * 37) & 0xff);
    chosen.add(expectSameChoice(version, LEVELS[version % 4] ?? 'M', data));
  }
  expect(chosen.size).toBeGreaterThan(4);
});

it('is the one that qrcode chooses, whatever the content', () => {
  const contents = fc.integer({ min: 1, max: 12 }).chain((version) =>
    fc.record({
      version: fc.constant(version),
      level: fc.constantFrom(...LEVELS),
      data: fc.uint8Array({ minLength: 1, maxLength: halfFull(version) }),
    }),
  );
  fc.assert(fc.property(contents, ({ version, level, data }) => void expectSameChoice(version, level, data)));
});

it.each(Array.from({ length: 16 }, (_, i) => i + 1))('gives the pixels of the modules of qrcode at %d a module', (scale) => {
  // From a few bytes of pixels to more than 200,000, in widths that fill their last byte or do not.
  for (const text of ['otpauth://totp/a', 'x'.repeat(Math.min(2000, 150_000 / scale ** 2))]) {
    const { modules } = create([{ mode: 'byte', data: Buffer.from(text) }], { errorCorrectionLevel: 'L' });
    const quietZone = scale % 3;
    const { width, data } = toPixels(renderQr(text, { format: 'png', errorCorrection: 'L', scale, quietZone }));
    expect(width).toBe((modules.size + 2 * quietZone) * scale);
    expect(Buffer.compare(Buffer.from(data), Buffer.from(pixelsOf(modules, scale, quietZone)))).toBe(0);
  }
});

/** Red, green, blue and opacity of each pixel. */
function pixelsOf({ size, data }: BitMatrix, scale: number, quietZone: number): Uint8ClampedArray {
  const width = (size + 2 * quietZone) * scale;
  const pixels = new Uint8ClampedArray(width * width * 4).fill(255);
  for (let y = 0; y < size * scale; y++) {
    for (let x = 0; x < size * scale; x++) {
      if (data[Math.floor(y / scale) * size + Math.floor(x / scale)] !== 1) continue;
      const start = ((y + quietZone * scale) * width + x + quietZone * scale) * 4;
      pixels.fill(0, start, start + 3);
    }
  }
  return pixels;
}
