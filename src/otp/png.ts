/** PNG pictures of one bit a pixel, black on white (PNG specification, third edition), for pictures made of square modules. */
import { constants, crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Filter types (section 9.2): a line as it is, or as its difference from the line above. */
const FILTER_NONE = 0;
const FILTER_UP = 2;

/**
 * Options of deflate: a window of 2^13 bytes and small tables, since a picture repeats itself within that distance and the default tables of 268 KB
 * would be allocated and cleared for each picture; and an output buffer that holds most pictures at once.
 */
const WINDOW = { windowBits: 13, memLevel: 6, chunkSize: 2048 };

/**
 * Above this many bytes, a picture some 1250 pixels wide, a faster level is used: the default level would take more than 2 ms, and the fast level is a
 * third larger.
 */
const LARGE = 200_000;
const FAST = 3;

/**
 * A square picture of square modules.
 *
 * @param modules modules on each side.
 * @param scale pixels on each side of a module.
 * @param dark the modules row by row, 1 for black.
 */
export function encodePng(modules: number, scale: number, dark: Uint8Array): Uint8Array {
  const width = modules * scale;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(width, 4);
  header[8] = 1; // Bits per pixel; the zeros after it: greyscale, deflate, the standard filters, not interlaced.
  const lines = scanlines(modules, scale, dark);
  const data = deflateSync(lines, { ...WINDOW, level: lines.length > LARGE ? FAST : constants.Z_DEFAULT_COMPRESSION });
  // The picture is as secret as its text, and the next picture starts from zeros.
  lines.fill(0);
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

/** All lines, each after its filter type. Only the first line of a row of modules has content: the others equal the line above. */
function scanlines(modules: number, scale: number, dark: Uint8Array): Buffer {
  const length = 1 + Math.ceil((modules * scale) / 8);
  const lines = blank(length * modules * scale);
  for (let row = 0; row < modules; row++) {
    const line = row * scale * length;
    lines[line] = FILTER_NONE;
    drawLine(lines, line + 1, scale, dark.subarray(row * modules, (row + 1) * modules));
    for (let repeat = 1; repeat < scale; repeat++) lines[line + repeat * length] = FILTER_UP;
  }
  return lines;
}

/** The buffer is reused for each picture, since a new buffer for each would keep the garbage collector busy. */
let canvas = Buffer.alloc(0);

/** A buffer of zeros; the caller clears it before the next call. */
function blank(length: number): Buffer {
  if (length > canvas.length) canvas = Buffer.alloc(length);
  return canvas.subarray(0, length);
}

/** Writes a row of modules from `start` on, the leftmost pixel in the highest bit, and white bits where the last byte has no pixels. */
function drawLine(lines: Uint8Array, start: number, scale: number, dark: Uint8Array): void {
  const light = (1 << scale) - 1;
  let end = start;
  let bits = 0;
  let count = 0;
  for (let i = 0; i < dark.length; i++) {
    bits = (bits << scale) | (dark[i] === 1 ? 0 : light);
    count += scale;
    for (; count >= 8; count -= 8) lines[end++] = bits >> (count - 8);
  }
  if (count > 0) lines[end] = (bits << (8 - count)) | (0xff >> count);
}

/** A chunk (section 5.3): length, type, data, and the CRC of the last two. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}
