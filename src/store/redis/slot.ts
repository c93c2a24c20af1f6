/** The hash slots of a Cluster: CRC-16/XMODEM of the hash tag, modulo 16,384 (Redis Cluster specification, "Key distribution model"). */

/** The number of slots. */
export const SLOTS = 16_384;

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  return crc;
});

/** The slot of a key. */
export function slotOf(key: string): number {
  const text = hashed(key);
  let crc = 0;
  for (let place = 0; place < text.length; place += 1) {
    const code = text.charCodeAt(place);
    if (code > 0x7f) return slotOfBytes(Buffer.from(text));
    crc = next(crc, code);
  }
  return crc % SLOTS;
}

function slotOfBytes(bytes: Uint8Array): number {
  return bytes.reduce(next, 0) % SLOTS;
}

function next(crc: number, byte: number): number {
  return ((crc << 8) & 0xffff) ^ (TABLE[(crc >> 8) ^ byte] ?? 0);
}

/** A hash tag for each slot: the first number, in base 36, that hashes to it. Takes some ten milliseconds. */
export function slotTags(): string[] {
  const tags = new Array<string>(SLOTS).fill('');
  for (let number = 0, left = SLOTS; left > 0; number += 1) {
    const tag = number.toString(36);
    const slot = slotOf(tag);
    if (tags[slot] !== '') continue;
    tags[slot] = tag;
    left -= 1;
  }
  return tags;
}

/** The part of a key between its first `{` and the next `}`, unless it is empty; otherwise the whole key. */
function hashed(key: string): string {
  const from = key.indexOf('{');
  const to = from < 0 ? -1 : key.indexOf('}', from + 1);
  return to > from + 1 ? key.slice(from + 1, to) : key;
}
