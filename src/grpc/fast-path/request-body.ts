/**
 * Frames of gRPC messages (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md): reads the message of a request from chunks of any size.
 */

/** The prefix of each message: whether it is compressed, in one byte, and its length in four. */
const HEAD_BYTES = 5;

const NOTHING = Buffer.alloc(0);

export type Progress = 'partial' | 'whole' | 'too large' | 'too many';

/** The received part of a request. */
export class RequestBody {
  readonly #most: number;
  #bytes: Buffer = NOTHING;
  #length = 0;

  /** @param most the length of the longest accepted message, in bytes. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Takes the next piece, and returns the state of the request. */
  take(chunk: Buffer): Progress {
    this.#append(chunk);
    if (this.#length < HEAD_BYTES) return 'partial';
    const size = this.#bytes.readUInt32BE(1);
    if (size > this.#most) return 'too large';
    if (this.#length < HEAD_BYTES + size) return 'partial';
    if (this.#length > HEAD_BYTES + size) return 'too many';
    // A compressed flag without an encoding is ignored, as in grpc-js.
    return 'whole';
  }

  /** The message, once it is complete. */
  get message(): Buffer {
    return this.#bytes.subarray(HEAD_BYTES, this.#length);
  }

  /** Nearly all messages arrive in one piece, which is not copied. For others the buffer doubles: growing it byte by byte would take quadratic time. */
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

/** An uncompressed message in its frame. */
export function frameMessage(message: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(HEAD_BYTES + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  message.copy(framed, HEAD_BYTES);
  return framed;
}
