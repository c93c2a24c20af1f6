/** The choice of a QR code's mask (ISO/IEC 18004, section 7.8): a module is one byte here, with a bit for each of the eight masks. */
import type { BitMatrix } from 'qrcode';
import { rate } from './qr-penalty.ts';

const MASKS = [0, 1, 2, 3, 4, 5, 6, 7];

/** The conditions of section 7.8.2, table 10: the modules that a mask inverts. */
const INVERTS: readonly ((row: number, column: number) => boolean)[] = [
  (row, column) => (row + column) % 2 === 0,
  (row) => row % 2 === 0,
  (_, column) => column % 3 === 0,
  (row, column) => (row + column) % 3 === 0,
  (row, column) => (Math.floor(row / 2) + Math.floor(column / 3)) % 2 === 0,
  (row, column) => ((row * column) % 2) + ((row * column) % 3) === 0,
  (row, column) => (((row * column) % 2) + ((row * column) % 3)) % 2 === 0,
  (row, column) => (((row * column) % 3) + ((row + column) % 2)) % 2 === 0,
];

/** Every condition repeats after so many rows and columns. */
const PERIOD = 12;

/** Against the first mask: the bits of those that treat a module of the pattern otherwise. */
const OTHERWISE = Uint8Array.from({ length: PERIOD * PERIOD }, (_, i) => bitsOf((mask) => inverts(mask, i) !== inverts(0, i)));

/** The same for the 15 bits of format information (section 7.9): a mask's number is in them, and changes them by a multiple of the generator. */
const FORMAT_OTHERWISE = Uint8Array.from({ length: 15 }, (_, bit) => bitsOf((mask) => ((formatChange(mask) >> bit) & 1) === 1));

/**
 * The modules under the best mask, as `qrcode` chooses it, in a small part of the time: the one of fewest points, the first of several.
 *
 * @param modules drawn with mask 0.
 */
export function maskBest({ size, data, reservedBit }: BitMatrix): Uint8Array {
  const masked = maskAll(size, data, reservedBit);
  const points = rate(size, masked);
  const best = points.indexOf(Math.min(...points));
  for (let i = 0; i < masked.length; i++) masked[i] = (at(masked, i) >> best) & 1;
  return masked;
}

function maskAll(size: number, data: Uint8Array, reserved: Uint8Array): Uint8Array {
  const masked = new Uint8Array(data.length);
  for (let row = 0, i = 0; row < size; row++) {
    const period = (row % PERIOD) * PERIOD;
    for (let column = 0; column < size; column++, i++) {
      const change = reserved[i] === 1 ? 0 : at(OTHERWISE, period + (column % PERIOD));
      masked[i] = (data[i] === 1 ? 0xff : 0) ^ change;
    }
  }
  for (const [bit, change] of FORMAT_OTHERWISE.entries()) {
    const down = (bit < 6 ? bit : bit < 8 ? bit + 1 : size - 15 + bit) * size + 8;
    const across = 8 * size + (bit < 8 ? size - 1 - bit : bit < 9 ? 7 : 14 - bit);
    masked[down] = at(masked, down) ^ change;
    masked[across] = at(masked, across) ^ change;
  }
  return masked;
}

function bitsOf(has: (mask: number) => boolean): number {
  return MASKS.reduce((bits, mask) => bits | (Number(has(mask)) << mask), 0);
}

function inverts(mask: number, index: number): boolean | undefined {
  return INVERTS[mask]?.(Math.floor(index / PERIOD), index % PERIOD);
}

/** How the format information of a mask differs from mask 0's, whatever the level: the BCH code is linear. */
function formatChange(mask: number): number {
  const generator = 0x537;
  let rest = mask << 10;
  for (let bit = 2; bit >= 0; bit--) if ((rest >> (10 + bit)) & 1) rest ^= generator << bit;
  return (mask << 10) | rest;
}

/** Every index here is within its array. */
function at(array: Uint8Array, index: number): number {
  return array[index] as number;
}
