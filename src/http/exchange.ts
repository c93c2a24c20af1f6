/** A request and its answer, with one interface for HTTP/1.1 and HTTP/2: all that the code in this folder reads and sends. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse, ServerHttp2Stream } from 'node:http2';
import { MAX_REQUEST_BYTES } from '../rpc/bounds.ts';
import { formatPeer } from '../rpc/caller-address.ts';
import { CallFailure } from '../rpc/failure.ts';
import { isOversize } from '../rpc/metadata-size.ts';

export type HttpRequest = IncomingMessage | Http2ServerRequest;
export type HttpResponse = ServerResponse | Http2ServerResponse;
/** Names in lower case. */
export type HttpHeaders = Readonly<Record<string, string | readonly string[]>>;

/** Characters that are not printable ASCII. grpc-js drops headers with such characters (gRPC over HTTP2, ASCII-Value), and so does this door. */
const PRINTABLE = /^[ -~]*$/;
const UNPRINTABLE = /[^ -~]/g;
/** The beginning of a request target in absolute form (RFC 9112 section 3.2.2). */
const ORIGIN = /^https?:\/\/[^/?#]*/i;
/** The headers of an API's answer: no cache may keep it, and no browser may show it as a document. */
const ALWAYS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** The path and the query of a request target, in absolute form or not. Decodes nothing. */
export function splitTarget(target: string): { readonly path: string; readonly search: string } {
  const url = target.replace(ORIGIN, '');
  const mark = url.indexOf('?');
  return mark === -1 ? { path: url, search: '' } : { path: url.slice(0, mark), search: url.slice(mark + 1) };
}

export interface ExchangeOptions {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  /** Whether the caller waits for `100 Continue` before it sends the body (RFC 9110 section 10.1.1). */
  readonly expectsContinue: boolean;
  /** Called once the door has sent the whole answer. */
  readonly onAnswered: () => void;
}

export class Exchange {
  readonly method: string;
  /** Begins with a slash; as it was sent, without decoding. */
  readonly path: string;
  /** The part after the question mark. */
  readonly search: string;
  /** The address at the other end of the connection; empty if the connection is closed. */
  readonly address: string;
  /** The same with its port. */
  readonly peer: string;
  /** Headers that are added to every answer to this request. */
  common: HttpHeaders = ALWAYS;
  /** Whether the request was refused before authentication, since it is not a call. */
  isRefused = false;
  readonly #request: HttpRequest;
  readonly #response: HttpResponse;
  readonly #expectsContinue: boolean;
  readonly #onAnswered: () => void;

  constructor({ request, response, expectsContinue, onAnswered }: ExchangeOptions) {
    const { remoteAddress, remotePort } = request.socket;
    const { path, search } = splitTarget(request.url ?? '');
    this.method = request.method ?? '';
    this.path = path;
    this.search = search;
    this.address = remoteAddress ?? '';
    this.peer = formatPeer(remoteAddress, remotePort);
    this.#request = request;
    this.#response = response;
    this.#expectsContinue = expectsContinue;
    this.#onAnswered = onAnswered;
  }

  /** The value of a header, by its name in lower case, several values joined by a comma and a space. */
  header(name: string): string | undefined {
    const given = this.#request.headers[name];
    if (given === undefined) return undefined;
    const value = typeof given === 'string' ? given : given.join(', ');
    if (PRINTABLE.test(value)) return value;
    // Replaces other characters, since grpc-js drops such a value: a caller could remove the value that a proxy has appended.
    return name === 'x-forwarded-for' ? value.replace(UNPRINTABLE, '?') : undefined;
  }

  get isOversize(): boolean {
    return isOversize(this.#request.headers);
  }

  /** Calls `listener` once when the connection or the stream closes, or the answer is sent. */
  onClose(listener: () => void): void {
    this.#response.once('close', listener);
  }

  /**
   * Reads the body. Rejects with `CallFailure` (`message_too_large`) above 64 KiB. If the caller leaves before, the promise never settles, and `onClose`
   * reports it.
   */
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

  /**
   * Sends a whole answer; does nothing if an answer was begun, or if the caller has left. Over HTTP/1.1 the answers of one turn of the event loop are sent together
   * at its end: waiting callers are woken once for all of them, which reduces the cost of a call by a third (docs/performance.md).
   */
  send(status: number, headers: HttpHeaders, body: string | Uint8Array): void {
    if (this.#response.headersSent || this.#response.destroyed) return;
    const isEmpty = status === 204 || status === 304;
    this.begin(status, isEmpty ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) });
    if ('stream' in this.#response) this.end(body);
    else setImmediate(() => this.end(body));
  }

  /** Sends the head of an answer in parts. Cuts the caller off, and throws, if the headers cannot be sent. */
  begin(status: number, headers: HttpHeaders): void {
    try {
      // The two classes take the same arguments with different types.
      (this.#response as ServerResponse).writeHead(status, { ...this.common, ...headers } as Record<string, string>);
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  /** Sends a part; resolves once there is room for another, or once the caller has left. */
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

  /** Ends the answer, and discards the rest of the request. */
  end(last?: string | Uint8Array): void {
    const response = this.#response;
    if (response.destroyed) return;
    const isWhole = this.#request.complete;
    // NO_ERROR tells the caller to stop sending (RFC 9113 section 8.1). The end of the answer is sent in this turn of the event loop.
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
