/**
 * A unary call directly on its HTTP/2 stream. The call of grpc-js supports streams, compression and channelz too, and makes some thirty objects for that; this class
 * serves only the common kind of call, at a fraction of the cost (docs/performance.md). The lifecycle and the answers are the same.
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Message } from '@bufbuild/protobuf';
import { status as codes } from '@grpc/grpc-js';
import { MAX_REQUEST_BYTES } from '../../rpc/bounds.ts';
import type { Call, Incoming } from '../../rpc/call.ts';
import { CallFailure } from '../../rpc/failure.ts';
import { answerHeaders } from '../../rpc/headers.ts';
import type { Lifecycle } from '../../rpc/lifecycle.ts';
import type { CallStatus } from '../../rpc/status.ts';
import { grpcTimeout } from '../../rpc/timeout.ts';
import { OVERSIZE } from '../only-calls.ts';
import { failureTrailers } from '../status.ts';
import { frameMessage, type Progress, RequestBody } from './request-body.ts';

/** Alternating names and values: Node would first copy an object. Lists are accepted since Node 26, the only version that the fast path is tested with. */
const HEADERS = [':status', '200', 'content-type', 'application/grpc+proto'];
const WITH_TRAILERS = { waitForTrailers: true, sendDate: false };
const SUCCESS = { 'grpc-status': codes.OK };
const TRAILERS_ONLY = { endStream: true, sendDate: false };

/** grpc-js drops a header with any other character (gRPC over HTTP2, ASCII-Value). */
const PRINTABLE = /^[ -~]*$/;

/** The refusals, by the state of the request body. */
const REFUSALS = {
  'too large': 'message_too_large',
  'too many': 'protocol',
} as const satisfies Partial<Record<Progress, CallFailure['reason']>>;

/** The parts for answering a method. */
export interface Answering {
  readonly lifecycle: Lifecycle;
  readonly procedure: string;
  /** Returns bytes that are valid until the next call. */
  readonly encode: (response: Message) => Buffer;
}

export class UnaryCall implements Incoming {
  readonly transport = 'grpc';
  readonly peer: string;
  readonly isStream = false;
  readonly #answering: Answering;
  readonly #stream: ServerHttp2Stream;
  readonly #body = new RequestBody(MAX_REQUEST_BYTES);
  readonly #call: Call;
  #headers: IncomingHttpHeaders;
  #hasMessage = false;
  #isReading = false;
  #hasEnded = false;

  /** Begins the call. Its body is read only after admission. */
  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, peer: string, answering: Answering) {
    this.peer = peer;
    this.#stream = stream;
    this.#headers = headers;
    this.#answering = answering;
    this.#call = answering.lifecycle.begin(this, (error) => this.#fail(error));
    const onClose = (): void => answering.lifecycle.end(this.#call, codes.CANCELLED);
    // A request without a message may end before it is read.
    const onEnd = (): void => {
      this.#hasEnded = true;
      if (this.#isReading) this.#answer();
    };
    stream.on('close', onClose).on('end', onEnd);
  }

  get procedure(): string {
    return this.#answering.procedure;
  }

  get timeoutMs(): number | undefined {
    const timeout = this.#headers['grpc-timeout'];
    return timeout === undefined ? undefined : grpcTimeout(String(timeout));
  }

  get isOversize(): boolean {
    return this.#headers[OVERSIZE] !== undefined;
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    return typeof value === 'string' && PRINTABLE.test(value) ? value : undefined;
  }

  /** Admits the call, reads it, and answers it. */
  run(): void {
    try {
      const admitted = this.#answering.lifecycle.admit(this.#call);
      if (admitted instanceof Promise) admitted.then(() => this.#read()).catch((error: unknown) => this.#fail(error));
      else this.#read();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Until this call, HTTP/2 flow control stops the caller after 64 KiB. */
  #read(): void {
    if (this.#call.ended) return;
    this.#isReading = true;
    const onData = (chunk: Buffer): void => this.#take(chunk);
    this.#stream.on('data', onData);
    if (this.#hasEnded) this.#answer();
  }

  #take(chunk: Buffer): void {
    if (this.#call.ended) return;
    const progress = this.#body.take(chunk);
    if (progress === 'whole') this.#hasMessage = true;
    else if (progress !== 'partial') this.#fail(new CallFailure(REFUSALS[progress]));
  }

  #answer(): void {
    // The reading side of a stream also ends when the caller leaves.
    if (this.#call.ended || this.#stream.aborted) return;
    try {
      if (!this.#hasMessage) throw new CallFailure('protocol');
      const response = this.#answering.lifecycle.handle(this.#call, this.#body.message);
      if (response instanceof Promise) response.then((late) => this.#succeed(late)).catch((error: unknown) => this.#fail(error));
      else this.#succeed(response);
    } catch (error) {
      this.#fail(error);
    }
  }

  #succeed(response: Message): void {
    if (this.#call.ended) return;
    // The answer is encoded first, so that a failure to encode comes before anything is sent.
    const answer = frameMessage(this.#answering.encode(response));
    this.#answering.lifecycle.end(this.#call, codes.OK);
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    const { addedTrailers } = this.#call;
    const trailers = addedTrailers === undefined ? SUCCESS : { ...SUCCESS, ...addedTrailers };
    const sendTrailers = (): void => stream.sendTrailers(trailers);
    stream.on('wantTrailers', sendTrailers);
    stream.respond(headersOf(this.#call), WITH_TRAILERS);
    stream.end(answer);
  }

  #fail(error: unknown): void {
    if (this.#call.ended) return;
    const failure = this.#answering.lifecycle.failureOf(this.#call, error);
    this.#headers = {};
    this.#answering.lifecycle.end(this.#call, failure.code);
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    const trailers = failureTrailers(this.#call, failure);
    stream.respond({ ...failureHeaders(failure), ...trailers.toHttp2Headers() }, TRAILERS_ONLY);
  }
}

function headersOf(call: Call): string[] {
  const list = [...HEADERS];
  const ours = answerHeaders(call);
  for (const name in call.addedHeaders) {
    if (!(name in ours)) for (const value of call.addedHeaders[name] ?? []) list.push(name, value);
  }
  for (const name in ours) list.push(name, ours[name] ?? '');
  return list;
}

function failureHeaders({ code, message }: CallStatus): OutgoingHttpHeaders {
  return {
    ':status': 200,
    'content-type': 'application/grpc+proto',
    'grpc-status': code,
    'grpc-message': encodeURI(message),
  };
}
