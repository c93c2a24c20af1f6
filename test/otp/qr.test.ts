/** QR codes: every format, read as a camera would, and texts that do not fit. */
import { type BitMatrix, create } from 'qrcode';
import { describe, expect, it } from 'vitest';
import { completeParameters } from '../../src/otp/params.ts';
import { QR_DEFAULTS, type QrFormat, renderQr } from '../../src/otp/qr.ts';
import { formatUri } from '../../src/otp/uri.ts';
import { scan, toPixels } from './pixels.ts';
import { fieldsOf, violationsOf } from './violations.ts';

const FORMATS: readonly QrFormat[] = ['png', 'svg', 'text'];

function uri(issuer: string, accountName: string, secretSize: number): string {
  return formatUri({
    issuer,
    accountName,
    secret: new Uint8Array(secretSize).map((_, i) => i * 37),
    parameters: completeParameters({}),
    counter: undefined,
  });
}

const TYPICAL = uri('ACME Co', 'alice@example.com', 20);
const LONG = uri('a€'.repeat(32), 'a€'.repeat(64), 128);
const TEXTS: readonly (readonly [string, string])[] = [
  ['a typical URI', TYPICAL],
  ['the shortest URI', uri('', 'x', 1)],
  ['an odd label', uri("A&B=C+D'% é", '"<>🔑日本', 64)],
];

describe('what does not fit', () => {
  it('is a text too long for the level', () => {
    expect(violationsOf(() => renderQr(LONG, { ...QR_DEFAULTS, errorCorrection: 'H' }))).toEqual([
      expect.stringMatching(/^qr_code\.error_correction: .*lower level/),
    ]);
    expect(fieldsOf(() => renderQr('x'.repeat(2954), { ...QR_DEFAULTS, errorCorrection: 'L', scale: 1 }))).toEqual([
      'qr_code.error_correction',
    ]);
    expect(fieldsOf(() => renderQr('A'.repeat(10_000_000), QR_DEFAULTS))).toEqual(['qr_code.error_correction']);
  });

  it('is a picture wider than 2048 pixels, but not a text', () => {
    for (const format of ['png', 'svg'] as const) {
      expect(violationsOf(() => renderQr(LONG, { ...QR_DEFAULTS, format, scale: 16 }))).toEqual([
        expect.stringMatching(/^qr_code\.scale: .*choose 13 or less/),
      ]);
      expect(renderQr(LONG, { ...QR_DEFAULTS, format, scale: 13 }).width).toBeLessThanOrEqual(2048);
    }
    expect(renderQr(LONG, { ...QR_DEFAULTS, format: 'text', scale: 16 }).width).toBeLessThan(200);
  });

  it.each([
    [0, 4, ['qr_code.scale']],
    [17, 17, ['qr_code.scale', 'qr_code.quiet_zone']],
    [1.5, -1, ['qr_code.scale', 'qr_code.quiet_zone']],
  ])('is a scale of %d with a quiet zone of %d', (scale, quietZone, fields) => {
    expect(fieldsOf(() => renderQr(TYPICAL, { ...QR_DEFAULTS, scale, quietZone }))).toEqual(fields);
  });
});

it('does not blame the caller for a bug', () => {
  expect(() => renderQr(undefined as unknown as string, QR_DEFAULTS)).toThrow(TypeError);
});

describe.each(FORMATS)('%s', (format) => {
  it.each(TEXTS)('can be scanned: %s', (_, text) => {
    const picture = renderQr(text, { ...QR_DEFAULTS, format });
    expect(scan(toPixels(picture))).toBe(text);
  });

  it('can be scanned at every level', () => {
    for (const errorCorrection of ['L', 'M', 'Q', 'H'] as const) {
      expect(scan(toPixels(renderQr(TYPICAL, { ...QR_DEFAULTS, format, errorCorrection, scale: 3 })))).toBe(TYPICAL);
    }
  });

  it('is the same each time', () => {
    expect(renderQr(TYPICAL, { ...QR_DEFAULTS, format })).toEqual(renderQr(TYPICAL, { ...QR_DEFAULTS, format }));
  });

  it('has a white quiet zone of the width asked for', () => {
    for (const quietZone of [0, 1, 4, 16]) {
      const scale = format === 'text' ? 4 : 2; // A character of the text is 4 pixels wide.
      const { width, data } = toPixels(renderQr(TYPICAL, { format, errorCorrection: 'M', scale: 2, quietZone }));
      const border = quietZone * scale;
      expect(width).toBe((49 + 2 * quietZone) * scale);
      expect(firstDark(data, width)).toEqual({ x: border, y: border });
    }
  });
});

/** Returns the first dark pixel in reading order: the corner of a finder pattern. */
function firstDark(data: Uint8ClampedArray, width: number): { x: number; y: number } {
  const index = data.indexOf(0) / 4;
  return { x: index % width, y: Math.floor(index / width) };
}

describe('pictures', () => {
  it('can be scanned with the longest label and secret', () => {
    expect(scan(toPixels(renderQr(LONG, { ...QR_DEFAULTS, scale: 4 })))).toBe(LONG);
  });

  it.each([1, 5, 8, 16])('are opaque and as wide as said at %d pixels a module', (scale) => {
    const picture = renderQr(TYPICAL, { ...QR_DEFAULTS, scale });
    const { width, data } = toPixels(picture);
    expect(width).toBe(picture.width);
    expect(width).toBe(57 * scale);
    expect(data.every((value, i) => i % 4 !== 3 || value === 255)).toBe(true);
  });

  it('say what they are', () => {
    expect(FORMATS.map((format) => renderQr(TYPICAL, { ...QR_DEFAULTS, format }).mediaType)).toEqual([
      'image/png',
      'image/svg+xml',
      'text/plain; charset=utf-8',
    ]);
  });

  it('are small: below 1 KB as a PNG with one bit a pixel', () => {
    const { data } = renderQr(TYPICAL, QR_DEFAULTS);
    expect(data.length).toBeLessThan(1024);
    expect(data[24]).toBe(1);
  });
});

describe('text', () => {
  it('is as wide in characters as said, two modules a line', () => {
    const { data, width } = renderQr(TYPICAL, { ...QR_DEFAULTS, format: 'text' });
    const lines = Buffer.from(data).toString().split('\n');
    expect(lines).toHaveLength(Math.ceil(width / 2) + 1);
    expect(new Set(lines.slice(0, -1).map((line) => [...line].length))).toEqual(new Set([width]));
  });
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

/** Returns red, green, blue and opacity of each pixel. */
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
