/** Rings of sealing keys for tests. */
import { type ActiveKey, createKey, createRing, type Ring } from '../../src/sealing/ring.ts';

/** A key of 32 equal bytes, made and sealing from the moment `from` on. */
export function keyOf(byte: number, from = 0): ActiveKey {
  return createKey(Buffer.alloc(32, byte), from, from);
}

/** The ring of one such key. */
export function ringOf(...bytes: readonly number[]): Ring {
  return createRing(bytes.map((byte, index) => keyOf(byte, index)));
}
