/** Divides items among calls, if one call cannot hold them. */

/** The most bytes in the strings and bytes of a request; the rest of 64 KiB is for the encoding. */
const MOST_BYTES = 50_000;
/** The most keys of a request. */
const MOST_KEYS = 100;

/**
 * Groups the items in order into as few calls as their sizes allow. An item that is too large for any call gets its own call, which the server refuses.
 *
 * @param sizeOf the bytes of an item, and the keys that it holds.
 */
export function divideIntoCalls<T>(
  items: readonly T[],
  sizeOf: (item: T) => { readonly bytes: number; readonly keys: number },
): T[][] {
  const calls: T[][] = [];
  let [bytes, keys] = [0, 0];
  for (const item of items) {
    const size = sizeOf(item);
    const call = calls.at(-1);
    if (call === undefined || call.length === MOST_KEYS || bytes + size.bytes > MOST_BYTES || keys + size.keys > MOST_KEYS) {
      calls.push([item]);
      [bytes, keys] = [size.bytes, size.keys];
    } else {
      call.push(item);
      [bytes, keys] = [bytes + size.bytes, keys + size.keys];
    }
  }
  return calls;
}
