/**
 * A unary call, straight on its HTTP/2 stream. grpc-js' own call serves streams, compression and channelz too, and makes some thirty objects for
 * that; here is what nearly all calls are, at a fraction of the cost (docs/performance.md). What goes wrong is said as grpc-js says it, and
 * `status.ts` puts it into the words of the contract.
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { status as codes, type Deadline, type Metadata } from '@grpc/grpc-js';
import { DEADLINE_MS, MAX_REQUEST_BYTES } from './bounds.ts';
import type { Call } from './call.ts';
import type { Next } from './listener.ts';
import { frameMessage, type Progress, RequestBody } from './request-body.ts';
import type { PartialStatus } from './status.ts';
import { parseTimeout } from './timeout.ts';

/** An object: a list of names and values costs less, but Node 24.0, which is supported, takes none. */
const HEADERS = { ':status': 200, 'content-type': 'application/grpc+proto' };
const WITH_TRAILERS = { waitForTrailers: true, sendDate: false };
const TRAILERS_ONLY = { endStream: true, sendDate: false };

/** What is wrong with a request, by how it came. */
const REFUSALS = {
  'too large': { code: codes.RESOURCE_EXHAUSTED, details: `Received message larger than max ${MAX_REQUEST_BYTES}` },
  'too many': { code: codes.UNIMPLEMENTED, details: 'Received more than one message' },
  compressed: { code: codes.INTERNAL, details: 'Failed to decompress message' },
} as const satisfies Partial<Record<Progress, PartialStatus>>;

export class DirectCall implements Call {
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #body = new RequestBody(MAX_REQUEST_BYTES);
  #listener: Next | undefined;
  #timer: NodeJS.Timeout | undefined;
  #deadline = Number.POSITIVE_INFINITY;
  #isReading = false;
  #hasEnded = false;
  /** Of an answer that waits for its status: all of it goes at once. */
  #answerHeaders: OutgoingHttpHeaders | undefined;
  #answer: Buffer | undefined;

  /** Nothing is read before `start`. */
  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.#stream = stream;
    this.#headers = headers;
  }

  start(listener: Next): void {
    this.#listener = listener;
    const onClose = (): void => {
      clearTimeout(this.#timer);
      listener.onCancel();
    };
    // A request without a message can end before anybody reads.
    const onEnd = (): void => {
      this.#hasEnded = true;
      if (this.#isReading) listener.onReceiveHalfClose();
    };
    this.#stream.on('close', onClose).on('end', onEnd);
    listener.onReceiveMetadata(new Received(this.#headers) as unknown as Metadata);
    const timeout = this.#headers['grpc-timeout'];
    if (timeout !== undefined) this.#keep(parseTimeout(String(timeout)));
  }

  /** Until then HTTP/2 holds the caller back after 64 KiB. */
  startRead(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    const onData = (chunk: Buffer): void => this.#take(chunk);
    this.#stream.on('data', onData);
    if (this.#hasEnded) this.#listener?.onReceiveHalfClose();
  }

  sendMetadata(metadata: Metadata): void {
    this.#answerHeaders = metadata.toHttp2Headers();
  }

  sendMessage(message: Buffer, onSent: () => void): void {
    this.#answer = frameMessage(message);
    onSent();
  }

  sendStatus({ code, details, metadata }: PartialStatus): void {
    const stream = this.#stream;
    if (stream.headersSent || stream.destroyed || stream.closed) return;
    const trailers = { 'grpc-status': code, ...metadata?.toHttp2Headers() };
    if (code === codes.OK) {
      const sendTrailers = (): void => stream.sendTrailers(trailers);
      stream.on('wantTrailers', sendTrailers);
      stream.respond({ ...HEADERS, ...this.#answerHeaders }, WITH_TRAILERS);
      stream.end(this.#answer);
    } else {
      stream.respond({ ...HEADERS, ...trailers, 'grpc-message': encodeURI(details) }, TRAILERS_ONLY);
      // A caller that goes on sending keeps no stream open. Where nobody has read, Node sees to it; once the answer has left, in the same way.
      if (this.#isReading && !stream.readableEnded) setImmediate(() => stream.close());
    }
  }

  getDeadline(): Deadline {
    return this.#deadline;
  }

  #keep(timeoutMs: number | undefined): void {
    if (timeoutMs === undefined) this.sendStatus({ code: codes.INTERNAL, details: 'Invalid grpc-timeout' });
    if (timeoutMs === undefined) return;
    this.#deadline = Date.now() + timeoutMs;
    if (timeoutMs >= DEADLINE_MS) return;
    const expire = (): void => this.sendStatus({ code: codes.DEADLINE_EXCEEDED, details: 'Deadline exceeded' });
    this.#timer = setTimeout(expire, timeoutMs);
  }

  #take(chunk: Buffer): void {
    if (this.#stream.headersSent) return;
    const progress = this.#body.take(chunk);
    if (progress === 'whole') this.#listener?.onReceiveMessage(this.#body.message);
    else if (progress !== 'partial') this.sendStatus(REFUSALS[progress]);
  }
}

/** The headers of a request, with as much of `Metadata` as the stages ask for; a unary method is told of none. */
class Received {
  readonly #headers: IncomingHttpHeaders;

  constructor(headers: IncomingHttpHeaders) {
    this.#headers = headers;
  }

  get(name: string): unknown[] {
    const value = this.#headers[name];
    return value === undefined ? [] : [value];
  }
}
