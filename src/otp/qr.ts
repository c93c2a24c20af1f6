/** QR codes (ISO/IEC 18004) as a PNG, an SVG or text for a terminal: black on opaque white, with their quiet zone. */
import { createRequire } from 'node:module';
import type * as QrCode from 'qrcode';
import type { BitMatrix, QRCodeSegment } from 'qrcode';
import { invalid, Violations } from './error.ts';
import { type Bounds, checkWhole } from './params.ts';
import { encodePng } from './png.ts';

export type QrFormat = 'png' | 'svg' | 'text';
export type QrErrorCorrection = 'L' | 'M' | 'Q' | 'H';

/** How to draw. */
export interface QrOptions {
  readonly format: QrFormat;
  readonly errorCorrection: QrErrorCorrection;
  /** Pixels per module, 1 to 16; not used for text. */
  readonly scale: number;
  /** The white border in modules, 0 to 16. */
  readonly quietZone: number;
}

/** A picture of a QR code; as secret as the text in it. */
export interface QrPicture {
  readonly mediaType: string;
  readonly data: Uint8Array;
  /** Width and height in pixels; for text, characters across. */
  readonly width: number;
}

/** Level M, because level H makes a long URI too dense for some cameras; four modules of border, as the standard requires. */
export const QR_DEFAULTS: QrOptions = { format: 'png', errorCorrection: 'M', scale: 6, quietZone: 4 };

export const QR_BOUNDS: Readonly<Record<'scale' | 'quietZone', Bounds>> = {
  scale: { min: 1, max: 16 },
  quietZone: { min: 0, max: 16 },
};

/** Loaded with the first picture, since the library has a file for each of many formats. Node caches the module. */
const loadQrCode = (): typeof QrCode => createRequire(import.meta.url)('qrcode');

/** Pixels. */
const MAX_WIDTH = 2048;
/** The most characters that a QR code can hold, all of them digits. */
const MAX_TEXT = 7089;

/** The modules of a code and of its quiet zone. */
interface Grid {
  readonly size: number;
  /** Row by row, 1 for a dark module. */
  readonly dark: Uint8Array;
}

/**
 * Draws a text, usually an otpauth URI; the same text always gives the same picture.
 *
 * @param text not empty.
 * @throws InvalidInputError for `qr_code.scale`, `qr_code.quiet_zone` and `qr_code.error_correction`.
 */
export function renderQr(text: string, options: QrOptions): QrPicture {
  const steps = renderQrInSteps(text, options);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Draws as `renderQr` does, and yields where the work may be interrupted: the longest text takes some 10 ms. */
export function* renderQrInSteps(text: string, options: QrOptions): Generator<void, QrPicture> {
  const found = new Violations();
  checkWhole(found, 'qr_code.scale', options.scale, QR_BOUNDS.scale);
  checkWhole(found, 'qr_code.quiet_zone', options.quietZone, QR_BOUNDS.quietZone);
  found.throwIfAny();
  const { format, quietZone, scale } = options;
  const modules = createModules(text, options.errorCorrection);
  const size = modules.size + 2 * quietZone;
  const width = format === 'text' ? size : size * scale;
  if (format !== 'text' && width > MAX_WIDTH) {
    throw invalid(
      'qr_code.scale',
      `makes the picture wider than ${MAX_WIDTH} pixels: choose ${Math.floor(MAX_WIDTH / size)} or less`,
    );
  }
  yield;
  const grid = frame(modules, quietZone);
  yield;
  if (format === 'text') return { mediaType: 'text/plain; charset=utf-8', data: Buffer.from(drawText(grid)), width };
  if (format === 'svg') return { mediaType: 'image/svg+xml', data: Buffer.from(drawSvg(grid, width)), width };
  return { mediaType: 'image/png', data: encodePng(size, scale, grid.dark), width };
}

/** The modules of the smallest QR code that holds the text. */
function createModules(text: string, errorCorrectionLevel: QrErrorCorrection): BitMatrix {
  try {
    if (text.length <= MAX_TEXT) return loadQrCode().create(segments(text), { errorCorrectionLevel }).modules;
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('too big'))) throw error;
  }
  throw invalid('qr_code.error_correction', 'is too high for a URI of this length: choose a lower level or shorter names');
}

/**
 * Divides a text into segments: one for each long run of the alphanumeric set (ISO/IEC 18004 section 7.3.4), such as base32 and percent-encoded
 * UTF-8, and one for the text between. The code is as small as with the optimal segments of `qrcode`, whose search takes twice as long.
 */
function segments(text: string): QRCodeSegment[] {
  return text
    .split(/([0-9A-Z $%*+./:-]{20,})/)
    .map(
      (run, i): QRCodeSegment => (i % 2 === 1 ? { mode: 'alphanumeric', data: run } : { mode: 'byte', data: Buffer.from(run) }),
    )
    .filter(({ data }) => data.toString() !== '');
}

/** Puts the quiet zone around the modules. */
function frame({ size: inner, data }: BitMatrix, quietZone: number): Grid {
  const size = inner + 2 * quietZone;
  const dark = new Uint8Array(size * size);
  for (let row = 0; row < inner; row++) {
    dark.set(data.subarray(row * inner, (row + 1) * inner), (row + quietZone) * size + quietZone);
  }
  return { size, dark };
}

/** The drawing is a single path, with a subpath for each run of dark modules. */
function drawSvg({ size, dark }: Grid, width: number): string {
  let path = '';
  for (let row = 0; row < size; row++) {
    for (let start = 0; start < size; start++) {
      let end = start;
      while (end < size && dark[row * size + end] === 1) end++;
      if (end > start) path += `M${start} ${row}h${end - start}v1h${start - end}z`;
      start = end;
    }
  }
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${width}" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">` +
    `<rect width="${size}" height="${size}" fill="#fff"/><path fill="#000" d="${path}"/></svg>\n`
  );
}

/**
 * Draws two modules per character, in its upper and its lower half.
 *
 * Draws the light modules, quiet zone included: on a dark terminal they are bright, as every camera expects. (`qrcode` draws the dark modules,
 * which a dark terminal shows inverted.) On a light terminal, the program that prints the text sets the colours to white on black. The text has
 * no escape sequences, so that it can be copied.
 */
function drawText({ size, dark }: Grid): string {
  let text = '';
  for (let row = 0; row < size; row += 2) {
    for (let column = 0; column < size; column++) {
      const upper = dark[row * size + column] === 0;
      const lower = dark[(row + 1) * size + column] === 0; // There is nothing to draw below the last row.
      text += upper ? (lower ? '█' : '▀') : lower ? '▄' : ' ';
    }
    text += '\n';
  }
  return text;
}
