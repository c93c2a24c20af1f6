/** Finds all QR codes in a picture with a reader that finds one: paints over each code that is found, and searches again. */
import type { QRCode } from 'jsqr';

/** Red, green, blue and alpha of each pixel, row by row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** A reader that finds one code, such as jsQR. */
export type ReadOne = (data: Uint8ClampedArray, width: number, height: number) => QRCode | null;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A part of the picture. */
interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The most codes in one picture. */
const MAX_CODES = 100;
/** Pixels on the longer side: larger pictures are scaled down first, which is faster and removes noise. */
const WORKING_SIDE = 2000;
/** The number of tiles on each side, and the length of a tile as a share of the side: neighbours overlap by the width of a code. */
const GRIDS: readonly (readonly [tiles: number, share: number])[] = [
  [1, 1],
  [2, 0.65],
  [3, 0.5],
  [4, 0.4],
];
/** The smallest code, in pixels. */
const SMALLEST_TILE = 25;
/** How far beyond its corners a code is painted over, as a share of its size. */
const MARGIN = 0.03;

/** Makes the search with `readOne`. It returns each text once, in the order in which they are found. */
export function createFinder(readOne: ReadOne): (pixels: Pixels) => string[] {
  return (given) => {
    const small = shrink(given);
    const found = search(small, readOne);
    // The code may be too small in the scaled picture.
    return found.length > 0 || small === given ? found : search(given, readOne);
  };
}

/** Searches tiles: the reader may mix up several codes in one picture and read none, and a tile has fewer codes. */
function search(pixels: Pixels, readOne: ReadOne): string[] {
  const texts = new Set<string>();
  for (const [tiles, share] of GRIDS) {
    for (const area of tilesOf(pixels, tiles, share)) {
      while (texts.size < MAX_CODES) {
        const code = readOne(crop(pixels, area), area.width, area.height);
        if (code === null) break;
        if (code.data !== '') texts.add(code.data);
        paintOver(pixels, area, code.location);
      }
    }
  }
  return [...texts];
}

function tilesOf({ width, height }: Pixels, tiles: number, share: number): Area[] {
  const [w, h] = [Math.ceil(width * share), Math.ceil(height * share)];
  if (tiles > 1 && Math.min(w, h) < SMALLEST_TILE) return [];
  const start = (at: number, side: number, part: number) => Math.floor(((side - part) * at) / Math.max(tiles - 1, 1));
  return Array.from({ length: tiles * tiles }, (_, i) => ({
    left: start(i % tiles, width, w),
    top: start(Math.floor(i / tiles), height, h),
    width: w,
    height: h,
  }));
}

function crop({ width, data }: Pixels, area: Area): Uint8ClampedArray {
  const part = new Uint8ClampedArray(area.width * area.height * 4);
  for (let row = 0; row < area.height; row++) {
    const start = ((area.top + row) * width + area.left) * 4;
    part.set(data.subarray(start, start + area.width * 4), row * area.width * 4);
  }
  return part;
}

/** Paints the square of a code, which may be rotated, white. */
function paintOver(pixels: Pixels, area: Area, location: QRCode['location']): void {
  const corners = [location.topLeftCorner, location.topRightCorner, location.bottomRightCorner, location.bottomLeftCorner];
  const centre = { x: mean(corners.map(({ x }) => x)), y: mean(corners.map(({ y }) => y)) };
  const quad = corners.map(({ x, y }) => ({
    x: area.left + x + (x - centre.x) * MARGIN,
    y: area.top + y + (y - centre.y) * MARGIN,
  }));
  const [xs, ys] = [quad.map(({ x }) => x), quad.map(({ y }) => y)];
  const [right, bottom] = [Math.min(Math.max(...xs), pixels.width - 1), Math.min(Math.max(...ys), pixels.height - 1)];
  for (let y = Math.max(Math.floor(Math.min(...ys)), 0); y <= bottom; y++) {
    for (let x = Math.max(Math.floor(Math.min(...xs)), 0); x <= right; x++) {
      if (isInside(quad, x, y)) pixels.data.fill(255, (y * pixels.width + x) * 4, (y * pixels.width + x + 1) * 4);
    }
  }
}

/** Whether a point is on the same side of all edges. */
function isInside(quad: readonly Point[], x: number, y: number): boolean {
  const sides = quad.map((from, i) => {
    const to = quad[(i + 1) % quad.length] ?? from;
    return (to.x - from.x) * (y - from.y) - (to.y - from.y) * (x - from.x);
  });
  return sides.every((side) => side >= 0) || sides.every((side) => side <= 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Scales a large picture down by a whole factor: each pixel is the mean of a square. */
function shrink(pixels: Pixels): Pixels {
  const factor = Math.ceil(Math.max(pixels.width, pixels.height) / WORKING_SIDE);
  if (factor === 1) return pixels;
  const [width, height] = [Math.floor(pixels.width / factor) || 1, Math.floor(pixels.height / factor) || 1];
  const data = new Uint8ClampedArray(width * height * 4);
  for (let at = 0; at < data.length; at++) {
    const [x, y] = [((at >> 2) % width) * factor, Math.floor((at >> 2) / width) * factor];
    let sum = 0;
    for (let i = 0; i < factor * factor; i++) {
      const [dx, dy] = [i % factor, Math.floor(i / factor)];
      sum += pixels.data[((y + dy) * pixels.width + x + dx) * 4 + (at & 3)] ?? 255;
    }
    data[at] = sum / (factor * factor);
  }
  return { width, height, data };
}
