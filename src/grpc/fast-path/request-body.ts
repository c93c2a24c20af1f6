/** Messages in their frames (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md): the one of a request, in what pieces it ever comes. */

/** Before each message: whether it is compressed, in one byte, and its length in four. */
const HEAD_BYTES = 5;

const NOTHING = Buffer.alloc(0);

export type Progress = 'partial' | 'whole' | 'too large' | 'too many';

/** The part of a request that has come. */
export class RequestBody {
  readonly #most: number;
  #bytes: Buffer = NOTHING;
  #length = 0;

  /** @param most the length of the longest message that is let pass, in bytes. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Takes what comes next, and says how far it is now. */
  take(chunk: Buffer): Progress {
    this.#append(chunk);
    if (this.#length < HEAD_BYTES) return 'partial';
    const size = this.#bytes.readUInt32BE(1);
    if (size > this.#most) return 'too large';
    if (this.#length < HEAD_BYTES + size) return 'partial';
    if (this.#length > HEAD_BYTES + size) return 'too many';
    // A mark of compression without an encoding is overlooked, as grpc-js does.
    return 'whole';
  }

  /** The message, once it is whole. */
  get message(): Buffer {
    return this.#bytes.subarray(HEAD_BYTES, this.#length);
  }

  /** Nearly all come in one piece, which is not copied. For others the room doubles: byte by byte would cost the square of their number. */
  #append(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (this.#length === 0) {
      this.#bytes = chunk;
    } else {
      if (length > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes.subarray(0, this.#length)], 2 * length);
      chunk.copy(this.#bytes, this.#length);
    }
    this.#length = length;
  }
}

/** A message in its frame, not compressed. */
export function frameMessage(message: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(HEAD_BYTES + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  message.copy(framed, HEAD_BYTES);
  return framed;
}
