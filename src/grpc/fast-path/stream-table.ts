/**
 * A connection keeps its open streams here instead of in the `Map` of Node's HTTP/2, and its streams without an id here instead of in a `Set`.
 *
 * A `Map` or `Set` whose entries come and go is copied into a new table whenever the old table is full of gaps, and V8 links the old table to the new one. Once a
 * table has moved to the old generation, it keeps the next table alive at each collection of the young generation, and so on, and each table keeps its contents
 * alive: calls that ended long ago, 20 kB each, are copied and moved as if they were in use (docs/performance.md). Here entries are in one pair of arrays, and a
 * removed entry leaves nothing behind.
 */
import type { Http2Server, Http2Session } from 'node:http2';

/** The methods of the `Map` that Node's HTTP/2 uses. */
export interface StreamTable<T> {
  readonly size: number;
  readonly get: (id: number) => T | undefined;
  readonly set: (id: number, stream: T) => void;
  readonly delete: (id: number) => boolean;
  /** Calls back for each present stream that is still present when its turn comes. */
  readonly forEach: (visit: (stream: T, id: number) => void) => void;
}

/** A power of two; at least half of the places are free, so that a free place is near. */
const SMALLEST = 32;

/** Makes a table by stream id, a positive whole number: open addressing with linear probing, in which removals close their gaps. */
export function createStreamTable<T>(): StreamTable<T> {
  /** Zero if the place is free. */
  let ids = new Int32Array(SMALLEST);
  let streams: (T | undefined)[] = new Array(SMALLEST).fill(undefined);
  let size = 0;

  // A client's ids are odd and consecutive, so neighbours get adjacent places and do not collide.
  const home = (id: number): number => (id >> 1) & (ids.length - 1);
  const after = (place: number): number => (place + 1) & (ids.length - 1);

  /** The place of `id`, or the place where it would be put. */
  function placeOf(id: number): number {
    let place = home(id);
    while (ids[place] !== 0 && ids[place] !== id) place = after(place);
    return place;
  }

  function put(place: number, id: number, stream: T | undefined): void {
    ids[place] = id;
    streams[place] = stream;
  }

  function grow(): void {
    const [oldIds, oldStreams] = [ids, streams];
    ids = new Int32Array(oldIds.length * 2);
    streams = new Array(oldIds.length * 2).fill(undefined);
    for (const [place, id] of oldIds.entries()) if (id !== 0) put(placeOf(id), id, oldStreams[place]);
  }

  /** Closes a gap: moves up entries after it that were displaced from their home, so that they are still found. */
  function close(gap: number): void {
    const distance = (from: number, to: number): number => (to - from) & (ids.length - 1);
    for (let next = after(gap); ids[next] !== 0; next = after(next)) {
      const id = ids[next] as number;
      if (distance(home(id), next) < distance(gap, next)) continue;
      put(gap, id, streams[next]);
      gap = next;
    }
    put(gap, 0, undefined);
  }

  const get = (id: number): T | undefined => streams[placeOf(id)];

  return {
    get size() {
      return size;
    },
    get,
    set(id, stream) {
      if (2 * (size + 1) > ids.length) grow();
      const place = placeOf(id);
      if (ids[place] === 0) size += 1;
      put(place, id, stream);
    },
    delete(id) {
      const place = placeOf(id);
      if (ids[place] === 0) return false;
      close(place);
      size -= 1;
      return true;
    },
    forEach(visit) {
      for (const id of ids.filter((id) => id !== 0)) {
        const stream = get(id);
        if (stream !== undefined) visit(stream, id);
      }
    },
  };
}

/** The methods of the `Set` that Node's HTTP/2 uses. */
export interface StreamSet<T> {
  readonly size: number;
  readonly add: (stream: T) => void;
  readonly delete: (stream: T) => boolean;
  /** Calls back for each present stream that is still present when its turn comes. */
  readonly forEach: (visit: (stream: T) => void) => void;
}

/** Makes a set for few entries: a stream of a server gets its id when it is created. */
export function createStreamSet<T>(): StreamSet<T> {
  const streams: T[] = [];
  return {
    get size() {
      return streams.length;
    },
    add(stream) {
      if (!streams.includes(stream)) streams.push(stream);
    },
    delete(stream) {
      const place = streams.lastIndexOf(stream);
      if (place < 0) return false;
      const last = streams.pop() as T;
      if (last !== stream) streams[place] = last;
      return true;
    },
    forEach(visit) {
      for (const stream of [...streams]) if (streams.includes(stream)) visit(stream);
    },
  };
}

/** The state of a session, under its only symbol with the description "state". */
interface SessionState {
  streams?: StreamTable<unknown>;
  pendingStreams?: StreamSet<unknown>;
}

/** Makes every further connection of `http2` keep its streams in our tables. */
export function keepStreamsInTables(http2: Http2Server): void {
  http2.on('session', keepInTable);
}

/** Leaves a connection unchanged if its state has another shape. */
function keepInTable(session: Http2Session): void {
  const name = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'state');
  const state = name && (session as unknown as Record<symbol, SessionState | undefined>)[name];
  if (state?.streams?.size === 0) state.streams = createStreamTable();
  if (state?.pendingStreams?.size === 0) state.pendingStreams = createStreamSet();
}
