/** A request and its answer, alike over HTTP/1.1 and HTTP/2: what the doors of this folder read, and what they send. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse, ServerHttp2Stream } from 'node:http2';
import { MAX_REQUEST_BYTES } from '../rpc/bounds.ts';
import { CallFailure } from '../rpc/failure.ts';
import { isOversize } from '../rpc/metadata-size.ts';
import { formatPeer } from '../rpc/peer.ts';

export type HttpRequest = IncomingMessage | Http2ServerRequest;
export type HttpResponse = ServerResponse | Http2ServerResponse;
/** Names in lower case. */
export type HttpHeaders = Readonly<Record<string, string | readonly string[]>>;

/** Another character may stand for anything: grpc-js drops such headers (gRPC over HTTP2, ASCII-Value), and so do we. */
const PRINTABLE = /^[ -~]*$/;
const UNPRINTABLE = /[^ -~]/g;
/** The beginning of a target in absolute form (RFC 9112 section 3.2.2). */
const ORIGIN = /^https?:\/\/[^/?#]*/i;
/** No answer of an API is for a cache, or to be taken for a document. */
const ALWAYS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

export interface ExchangeOptions {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  /** Whether the caller waits for word before it sends the body (RFC 9110 section 10.1.1). */
  readonly expectsContinue: boolean;
  /** Told once the answer is complete as far as the door is concerned. */
  readonly onAnswered: () => void;
}

export class Exchange {
  readonly method: string;
  /** With a slash first, as it was sent: nothing is decoded. */
  readonly path: string;
  /** Behind the question mark. */
  readonly search: string;
  /** The address at the other end of the connection; empty if that is gone already. */
  readonly address: string;
  /** The same with its port. */
  readonly peer: string;
  /** The headers that every answer to this request has besides those that it is given. */
  common: HttpHeaders = ALWAYS;
  /** Whether the request was refused as no call, so that nobody has asked who sent it. */
  isRefused = false;
  readonly #request: HttpRequest;
  readonly #response: HttpResponse;
  readonly #expectsContinue: boolean;
  readonly #onAnswered: () => void;

  constructor({ request, response, expectsContinue, onAnswered }: ExchangeOptions) {
    const { remoteAddress, remotePort } = request.socket;
    const url = (request.url ?? '').replace(ORIGIN, '');
    const mark = url.indexOf('?');
    this.method = request.method ?? '';
    this.path = mark === -1 ? url : url.slice(0, mark);
    this.search = mark === -1 ? '' : url.slice(mark + 1);
    this.address = remoteAddress ?? '';
    this.peer = formatPeer(remoteAddress, remotePort);
    this.#request = request;
    this.#response = response;
    this.#expectsContinue = expectsContinue;
    this.#onAnswered = onAnswered;
  }

  /** The value of a header, by its name in lower case, several joined by a comma and a space. */
  header(name: string): string | undefined {
    const given = this.#request.headers[name];
    if (given === undefined) return undefined;
    const value = typeof given === 'string' ? given : given.join(', ');
    if (PRINTABLE.test(value)) return value;
    // A caller must not be able to have dropped what a proxy has appended.
    return name === 'x-forwarded-for' ? value.replace(UNPRINTABLE, '?') : undefined;
  }

  get isOversize(): boolean {
    return isOversize(this.#request.headers);
  }

  /** Calls `listener` once when the connection or the stream is gone, or the answer is sent. */
  onClose(listener: () => void): void {
    this.#response.once('close', listener);
  }

  /** Reads the body. Rejects with `CallFailure` (`message_too_large`) above 64 KiB; never settles if the caller leaves before, which `onClose` tells. */
  readBody(): Promise<Buffer> {
    const request = this.#request;
    if (Number(request.headers['content-length'] ?? 0) > MAX_REQUEST_BYTES)
      return Promise.reject(new CallFailure('message_too_large'));
    if (this.#expectsContinue) this.#response.writeContinue();
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const onData = (chunk: Buffer): void => {
        size += chunk.length;
        chunks.push(chunk);
        if (size <= MAX_REQUEST_BYTES) return;
        request.off('data', onData);
        reject(new CallFailure('message_too_large'));
      };
      request.on('data', onData);
      request.once('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    });
  }

  /** Sends a whole answer; nothing happens if another was begun, or the caller has left. */
  send(status: number, headers: HttpHeaders, body: string | Uint8Array): void {
    if (this.#response.headersSent || this.#response.destroyed) return;
    this.begin(status, status === 204 ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) });
    this.end(body);
  }

  /** Sends the head of an answer that comes in parts. Cuts the caller off, and throws, if the headers cannot be sent. */
  begin(status: number, headers: HttpHeaders): void {
    try {
      // The two classes take the same arguments, in types of their own.
      (this.#response as ServerResponse).writeHead(status, { ...this.common, ...headers } as Record<string, string>);
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  /** Sends a part; resolves once there is room for another, or nobody to send it to. */
  async write(part: Uint8Array): Promise<void> {
    const response = this.#response as ServerResponse;
    if (response.destroyed || response.write(part)) return;
    await new Promise<void>((resolve) => {
      const goOn = (): void => {
        response.off('drain', goOn).off('close', goOn);
        resolve();
      };
      response.on('drain', goOn).on('close', goOn);
    });
  }

  /** Ends the answer, and sees to what is still to come of the request: it is thrown away. */
  end(last?: string | Uint8Array): void {
    const response = this.#response;
    if (response.destroyed) return;
    const isWhole = this.#request.complete;
    // NO_ERROR tells the caller to stop sending (RFC 9113 section 8.1). The end of the answer goes out in this turn of the event loop.
    if (!isWhole && 'stream' in response) response.stream.once('wantTrailers', () => setImmediate(close, response.stream));
    (response as ServerResponse).end(last);
    this.#onAnswered();
    if (!isWhole && !('stream' in response)) this.#request.resume();
  }

  /** Cuts the caller off. */
  destroy(): void {
    this.#response.destroy();
  }
}

function close(stream: ServerHttp2Stream): void {
  stream.close();
}
