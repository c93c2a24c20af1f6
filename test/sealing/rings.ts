/** Rings of sealing keys for tests. */
import { type ActiveKey, createKey, createRing, type Ring } from '../../src/sealing/ring.ts';

/** Makes a key of 32 equal bytes, created at `from` and sealing from then on. */
export function keyOf(byte: number, from = 0): ActiveKey {
  return createKey(Buffer.alloc(32, byte), from, from);
}

/** Makes the ring of such keys. */
export function ringOf(...bytes: readonly number[]): Ring {
  return createRing(bytes.map((byte, index) => keyOf(byte, index)));
}
