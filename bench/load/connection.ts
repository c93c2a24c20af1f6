/** An HTTP/2 connection for many concurrent unary gRPC calls, which reports the end of each call at a low cost. */
import { connect, type Socket } from 'node:net';
import {
  createFrameReader,
  DEFAULT_WINDOW,
  FLAG,
  FRAME_HEADER_BYTES,
  frame,
  PREFACE,
  putFrameHeader,
  readSetting,
  SETTING,
  settings,
  TYPE,
  windowUpdate,
} from './frames.ts';

/** Large windows, so that flow control never stops the server; the answers are short. */
const OUR_WINDOW = 2 ** 30;

/** The end of a call. The bytes are valid only until the callback returns. */
export interface Ending {
  /** The message with its frame; undefined if there was none. */
  readonly message: Buffer | undefined;
  /** The last header block; undefined if the stream was reset. */
  readonly trailers: Buffer | undefined;
}

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  /** The header blocks of the calls, used in rotation from `firstTurn` on. At least one. */
  readonly headers: readonly Buffer[];
  readonly firstTurn: number;
  /** Called at the end of the call in `slot`, which was passed to `send`. */
  readonly onEnd: (slot: number, ending: Ending) => void;
  /** Called once if the connection ends without `close`; calls in progress are lost. */
  readonly onLost: (reason: string) => void;
}

export interface Connection {
  /** Queues a call, the message with its frame, for the next `flush`. Calls that `onEnd` sends need no flush. */
  readonly send: (slot: number, message: Buffer) => void;
  readonly flush: () => void;
  /** Returns the number of bytes that are not sent yet, and of the calls that the server's limits delay. */
  readonly unsent: () => { readonly bytes: number; readonly heldUp: number };
  readonly close: () => void;
}

/** Connects; resolves when calls can be sent. */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { headers: blocks, onEnd, onLost } = options;
  let turn = options.firstTurn;
  const socket: Socket = connect({ host: options.host, port: options.port, noDelay: true });
  const ready = Promise.withResolvers<void>();
  const slots = new Map<number, number>();
  const messages = new Map<number, Buffer>();
  /** Calls that wait for the server's window, or for its limit of concurrent streams. */
  const waiting: [slot: number, message: Buffer][] = [];
  let parts: Buffer[] = [];
  let nextStream = 1;
  let window = DEFAULT_WINDOW;
  let mostAtATime = Number.POSITIVE_INFINITY;
  let received = 0;
  let closed = false;

  const lose = (reason: string): void => {
    if (closed) return;
    closed = true;
    socket.destroy();
    ready.reject(new Error(reason));
    onLost(reason);
  };

  const fits = (message: Buffer): boolean => message.length <= window && slots.size < mostAtATime;

  function send(slot: number, message: Buffer): void {
    if (waiting.length === 0 && fits(message)) write(slot, message);
    else waiting.push([slot, message]);
  }

  function sendWaiting(): void {
    for (let next = waiting[0]; next !== undefined && fits(next[1]); next = waiting[0]) {
      waiting.shift();
      write(...next);
    }
  }

  function write(slot: number, message: Buffer): void {
    window -= message.length;
    const headers = blocks[turn] as Buffer;
    turn = (turn + 1) % blocks.length;
    const stream = nextStream;
    nextStream += 2;
    slots.set(stream, slot);
    const bytes = Buffer.allocUnsafe(2 * FRAME_HEADER_BYTES + headers.length + message.length);
    putFrameHeader(bytes, 0, headers.length, TYPE.headers, FLAG.endHeaders, stream);
    headers.copy(bytes, FRAME_HEADER_BYTES);
    const at = FRAME_HEADER_BYTES + headers.length;
    putFrameHeader(bytes, at, message.length, TYPE.data, FLAG.endStream, stream);
    message.copy(bytes, at + FRAME_HEADER_BYTES);
    parts.push(bytes);
  }

  function flush(): void {
    if (parts.length === 0) return;
    socket.write(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts));
    parts = [];
  }

  function end(stream: number, trailers: Buffer | undefined): void {
    const slot = slots.get(stream);
    if (slot === undefined) return;
    const message = messages.get(stream);
    slots.delete(stream);
    messages.delete(stream);
    onEnd(slot, { message, trailers });
    sendWaiting();
  }

  function widen(increment: number): void {
    window += increment;
    sendWaiting();
  }

  const read = createFrameReader((type, flags, stream, bytes, start, stop) => {
    if (type === TYPE.headers) {
      // Split header blocks, padding and priorities are valid, but no server of the bench sends them.
      if ((flags & FLAG.endHeaders) === 0 || (flags & (FLAG.padded | FLAG.priority)) !== 0)
        lose('a form of headers unknown here');
      else if ((flags & FLAG.endStream) !== 0) end(stream, bytes.subarray(start, stop));
    } else if (type === TYPE.data) {
      received += stop - start;
      const before = messages.get(stream);
      const piece = bytes.subarray(start, stop);
      messages.set(stream, before === undefined ? piece : Buffer.concat([before, piece]));
      if ((flags & FLAG.endStream) !== 0) end(stream, undefined);
    } else if (type === TYPE.reset) end(stream, undefined);
    else if (type === TYPE.goAway) lose('the server sends the connection away');
    else if (type === TYPE.windowUpdate && stream === 0) widen(bytes.readUInt32BE(start) & 0x7fffffff);
    else if (type === TYPE.ping && (flags & FLAG.ack) === 0)
      parts.push(frame(TYPE.ping, FLAG.ack, 0, bytes.subarray(start, stop)));
    else if (type === TYPE.settings && (flags & FLAG.ack) === 0) {
      mostAtATime = readSetting(bytes.subarray(start, stop), SETTING.maxConcurrentStreams) ?? mostAtATime;
      parts.push(frame(TYPE.settings, FLAG.ack, 0, Buffer.alloc(0)));
      ready.resolve();
    }
  });

  socket.on('data', (chunk: Buffer) => {
    read(chunk);
    // Copies nothing, since the memory of the chunks is not used again.
    if (received > OUR_WINDOW / 2) {
      parts.push(windowUpdate(0, received));
      received = 0;
    }
    flush();
  });
  socket.on('error', (error) => lose(error.message));
  socket.on('close', () => lose('the server closes the connection'));
  socket.write(PREFACE);
  // Without a dynamic table, the server encodes the same headers as the same bytes each time.
  socket.write(
    settings(
      new Map([
        [SETTING.headerTableSize, 0],
        [SETTING.enablePush, 0],
        [SETTING.initialWindowSize, OUR_WINDOW],
      ]),
    ),
  );
  socket.write(windowUpdate(0, OUR_WINDOW - DEFAULT_WINDOW));
  await ready.promise;
  return {
    send,
    flush,
    unsent: () => ({ bytes: socket.writableLength, heldUp: waiting.length }),
    close() {
      closed = true;
      socket.destroy();
    },
  };
}
