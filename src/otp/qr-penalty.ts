/** How well a camera tells apart the modules of a QR code (ISO/IEC 18004, section 7.8.3), rated under all eight masks at once. */

/** Points for a run of five modules of one colour, and for each one more. */
const RUN = 3;
const LONGER_RUN = 1;
const BLOCK = 3;
const FINDER_LIKE = 40;
/** For each 5 % that the dark modules are away from half. */
const IMBALANCE = 10;

/** All masks. */
const ALL = 0xff;
const COUNT = 8;

/**
 * The points of each mask; the fewest are the best.
 *
 * @param masked the modules row by row: one byte each, with a bit for each mask, 1 where the module is dark under it.
 */
export function rate(size: number, masked: Uint8Array): Uint32Array {
  /** By the bits of the masks that they are for. */
  const points = new Uint32Array(ALL + 1);
  const dark = new Uint32Array(ALL + 1);
  rateLines(size, masked, points);
  rateLines(size, transpose(size, masked), points);
  rateBlocks(size, masked, points);
  for (let i = 0; i < masked.length; i++) add(dark, at(masked, i), 1);
  const darkModules = sums(dark);
  return sums(points).map((sum, mask) => {
    const percent = ((darkModules[mask] as number) * 100) / masked.length;
    return sum + IMBALANCE * Math.abs(Math.ceil(percent / 5) - 10);
  });
}

function rateLines(size: number, masked: Uint8Array, points: Uint32Array): void {
  for (let start = 0; start < masked.length; start += size) {
    let last = at(masked, start);
    // The masks under which the last two modules, three, four, five were of one colour.
    let two = 0;
    let three = 0;
    let four = 0;
    let five = 0;
    for (let i = start + 1; i < start + size; i++) {
      const bits = at(masked, i);
      const same = ~(bits ^ last) & ALL;
      const run = same & four;
      if (run !== 0) {
        add(points, run, LONGER_RUN);
        add(points, run & ~five, RUN - LONGER_RUN);
      }
      last = bits;
      five = run;
      four = same & three;
      three = same & two;
      two = same;
      if (i >= start + 10) rateFinderLike(masked, i - 10, points);
    }
  }
}

/** Dark, light, 3 dark, light, dark, with 4 light before or behind, as a finder pattern has them. */
function rateFinderLike(m: Uint8Array, i: number, points: Uint32Array): void {
  const both = at(m, i + 4) & at(m, i + 6) & ~(at(m, i + 1) | at(m, i + 5) | at(m, i + 9));
  if (both === 0) return;
  const before = at(m, i + 7) & at(m, i + 8) & at(m, i + 10) & ~(at(m, i) | at(m, i + 2) | at(m, i + 3));
  const behind = at(m, i) & at(m, i + 2) & at(m, i + 3) & ~(at(m, i + 7) | at(m, i + 8) | at(m, i + 10));
  const found = both & (before | behind);
  if (found !== 0) add(points, found, FINDER_LIKE);
}

function rateBlocks(size: number, masked: Uint8Array, points: Uint32Array): void {
  for (let row = 1; row < size; row++) {
    for (let i = row * size + 1; i < (row + 1) * size; i++) {
      const bits = at(masked, i);
      const others = (bits ^ at(masked, i - 1)) | (bits ^ at(masked, i - size)) | (bits ^ at(masked, i - size - 1));
      if (others !== ALL) add(points, ~others & ALL, BLOCK);
    }
  }
}

function transpose(size: number, masked: Uint8Array): Uint8Array {
  const turned = new Uint8Array(masked.length);
  for (let row = 0, i = 0; row < size; row++) {
    for (let column = 0; column < size; column++, i++) turned[column * size + row] = at(masked, i);
  }
  return turned;
}

/** What was counted by bits, for each mask. */
function sums(byBits: Uint32Array): Uint32Array {
  const sum = new Uint32Array(COUNT);
  for (let bits = 0; bits <= ALL; bits++) {
    for (let mask = 0; mask < sum.length; mask++) if ((bits >> mask) & 1) add(sum, mask, byBits[bits] as number);
  }
  return sum;
}

function add(points: Uint32Array, masks: number, count: number): void {
  points[masks] = (points[masks] as number) + count;
}

/** Every index here is within its array. */
function at(array: Uint8Array, index: number): number {
  return array[index] as number;
}
