/** PNG pictures of one bit a pixel, black on white (PNG specification, third edition), for pictures made of square modules. */
import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Filter types (section 9.2): a line as it is, and as its difference from the line above. */
const FILTER_NONE = 0;
const FILTER_UP = 2;

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
  header[8] = 1; // Bits a pixel; the zeros after it: greyscale, deflate, the standard filters, not interlaced.
  const lines = scanlines(modules, scale, dark);
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', deflateSync(lines)), chunk('IEND', Buffer.alloc(0))]);
}

/** Every line behind its filter type. Only the first line of a row of modules says anything: the others are equal to the line above. */
function scanlines(modules: number, scale: number, dark: Uint8Array): Uint8Array {
  const length = 1 + Math.ceil((modules * scale) / 8);
  const lines = Buffer.alloc(length * modules * scale);
  for (let row = 0; row < modules; row++) {
    const first = lines.subarray(row * scale * length, (row * scale + 1) * length);
    first.fill(0xff);
    first[0] = FILTER_NONE;
    for (let column = 0; column < modules; column++) {
      if (dark[row * modules + column] === 1) blacken(first, column * scale, scale);
    }
    for (let repeat = 1; repeat < scale; repeat++) lines[(row * scale + repeat) * length] = FILTER_UP;
  }
  return lines;
}

/** Clears the bits of some pixels, the leftmost of a byte being its highest. */
function blacken(line: Uint8Array, start: number, count: number): void {
  for (let x = start; x < start + count; x++) {
    const index = 1 + (x >> 3);
    line[index] = (line[index] ?? 0) & ~(0x80 >> (x & 7));
  }
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
