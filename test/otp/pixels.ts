/** Converts pictures of QR codes to pixels, and reads them as a camera would. */
import jsqr from 'jsqr';
import { PNG } from 'pngjs';
import type { QrPicture } from '../../src/otp/qr.ts';

/** Red, green, blue and alpha of each pixel of a square. */
export interface Pixels {
  readonly width: number;
  readonly data: Uint8ClampedArray;
}

const read = jsqr as unknown as typeof jsqr.default; // A CommonJS module, whose export is the function.

/** Returns the text in the picture; undefined if it cannot be read as dark on light. */
export function scan({ data, width }: Pixels): string | undefined {
  return read(data, width, width, { inversionAttempts: 'dontInvert' })?.data;
}

/** Returns the pixels of a picture of any format. */
export function toPixels(picture: QrPicture): Pixels {
  if (picture.mediaType === 'image/png') return fromPng(picture.data);
  const text = Buffer.from(picture.data).toString();
  return picture.mediaType === 'image/svg+xml' ? fromSvg(text) : fromText(text);
}

function fromPng(data: Uint8Array): Pixels {
  const png = PNG.sync.read(Buffer.from(data));
  if (png.width !== png.height) throw new Error('not a square');
  return { width: png.width, data: new Uint8ClampedArray(png.data) };
}

/** Draws the runs of the path and the rectangle, with the viewport fitted to the view box. */
function fromSvg(svg: string): Pixels {
  const [, width = '', size = '', path = ''] =
    /^<svg [^>]*width="(\d+)" height="\1" viewBox="0 0 (\d+) \2"[^>]*><rect width="\2" height="\2" fill="#fff"\/><path fill="#000" d="([^"]*)"\/><\/svg>\n$/.exec(
      svg,
    ) ?? [];
  const dark = new Set<string>();
  for (const [, x, y, run, back] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-(\d+)z/g)) {
    if (run !== back) throw new Error('a run that does not close');
    for (let i = 0; i < Number(run); i++) dark.add(`${Number(x) + i} ${y}`);
  }
  return paint(Number(size), Number(width) / Number(size), (x, y) => dark.has(`${x} ${y}`));
}

/** Draws a terminal: bright blocks on a dark background. */
function fromText(text: string): Pixels {
  const lines = text
    .split('\n')
    .slice(0, -1)
    .map((line) => [...line]);
  const size = lines[0]?.length ?? 0;
  return paint(size, 4, (x, y) => !(y % 2 === 0 ? '█▀' : '█▄').includes(lines[y >> 1]?.[x] ?? '?'));
}

function paint(size: number, scale: number, isDark: (x: number, y: number) => boolean): Pixels {
  const width = size * scale;
  const data = new Uint8ClampedArray(width * width * 4).fill(255);
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < width; x++) {
      if (isDark(Math.floor(x / scale), Math.floor(y / scale))) data.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  return { width, data };
}
