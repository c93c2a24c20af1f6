/** A call that the library encodes and decodes, on its way through the lifecycle. */
import type { Message } from '@bufbuild/protobuf';
import { ConnectError, type HandlerContext } from '@connectrpc/connect';
import type { UniversalServerResponse } from '@connectrpc/connect/protocol';
import { Code } from '../../../gen/ts/google/rpc/code_pb.ts';
import type { Call } from '../../rpc/call.ts';
import type { AnswerHeaders } from '../../rpc/context.ts';
import { CallFailure } from '../../rpc/failure.ts';
import { answerHeaders } from '../../rpc/headers.ts';
import type { Lifecycle } from '../../rpc/lifecycle.ts';
import type { Method } from '../../rpc/method.ts';
import type { Exchange } from '../exchange.ts';
import { codeNamed } from './codes.ts';
import { detailOf, failureHeaders } from './error.ts';
import { firstMessageIn } from './first-message.ts';
import { BINARY_TYPE, fromText, toText } from './grpc-web-text.ts';
import { type Form, incomingOf } from './incoming.ts';
import { readJson } from './json.ts';
import type { Framed, Handling, Library } from './library.ts';

/** The headers that describe the encoding of a message. */
const FRAMING = [
  ...['content-encoding', 'accept-encoding'],
  ...['connect-content-encoding', 'connect-accept-encoding', 'grpc-encoding', 'grpc-accept-encoding'],
];
/** How long a caller may take to read the sent part of a failed stream, in ms. */
const LAST_WORDS_MS = 2000;

interface Failure {
  readonly error: ConnectError;
  readonly headers: Readonly<Record<string, string>>;
}

export class LibraryCall {
  readonly #exchange: Exchange;
  readonly #form: Form;
  readonly #method: Method;
  readonly #lifecycle: Lifecycle;
  readonly #library: Library;
  readonly #framed: Framed;
  readonly #call: Call;
  /** Fires when the caller has left or the call has failed. */
  readonly #left = new AbortController();
  /** Rejects with the error of a call that fails while it is handled. */
  readonly #failed = Promise.withResolvers<never>();
  #isHandled = false;
  /** Whether the head of the answer was sent. */
  #isBegun = false;
  #failure: Failure | undefined;

  constructor(exchange: Exchange, form: Form, method: Method, lifecycle: Lifecycle, library: Library) {
    const headers = FRAMING.flatMap((name): [string, string][] => {
      const value = exchange.header(name);
      return value === undefined ? [] : [[name, value]];
    });
    this.#exchange = exchange;
    this.#form = form;
    this.#method = method;
    this.#lifecycle = lifecycle;
    this.#library = library;
    this.#framed = {
      procedure: exchange.path,
      headers: new Headers([['content-type', form.isText ? BINARY_TYPE : form.type], ...headers]),
      signal: this.#left.signal,
    };
    this.#failed.promise.catch(() => undefined);
    this.#call = lifecycle.begin(incomingOf(exchange, form, method.kind === 'server_streaming'), (error) => this.#fail(error));
    exchange.onClose(() => {
      lifecycle.end(this.#call, Code.CANCELLED);
      this.#left.abort();
    });
  }

  /** Admits the call, reads it, and answers it. */
  run(): void {
    this.#serve().catch((error: unknown) => this.#fail(error));
  }

  async #serve(): Promise<void> {
    const call = this.#call;
    await this.#lifecycle.admit(call);
    if (call.ended) return;
    const sent = await this.#exchange.readBody();
    if (call.ended) return;
    const body = this.#form.isText ? fromText(sent) : sent;
    if (this.#form.type.endsWith('json')) await this.#requireJson(body);
    if (call.ended) return;
    this.#lifecycle.received(call);
    const handling: Handling = {
      once: (request, context) => this.#once(request, context),
      stream: (...given) => this.#stream(...given),
    };
    const answer = await this.#library.answer(this.#framed, body, handling);
    if (this.#isHandled) await this.#send(answer);
    // The library could not read the request; its message may quote it.
    else this.#fail(await foreignFailure(answer));
  }

  /** Throws for JSON that does not fit, and describes the mistake. The library would describe it in words that may quote the request. */
  async #requireJson(body: Buffer): Promise<void> {
    const text = await firstMessageIn(body, this.#form, (name) => this.#exchange.header(name));
    if (text !== undefined) readJson(this.#method, text, this.#library.jsonOptions);
  }

  async #once(request: Message, { responseHeader, responseTrailer }: HandlerContext): Promise<Message> {
    this.#isHandled = true;
    const call = this.#call;
    try {
      const response = await Promise.race([this.#lifecycle.handle(call, request), this.#failed.promise]);
      addAll(responseHeader, call.addedHeaders);
      addAll(responseTrailer, call.addedTrailers);
      setAll(responseHeader, answerHeaders(call));
      this.#lifecycle.end(call, Code.OK);
      return response;
    } catch (error) {
      addAll(responseHeader, call.addedHeaders);
      addAll(responseTrailer, call.addedTrailers);
      throw this.#failureOf(error, responseHeader);
    }
  }

  async *#stream(request: Message, { responseHeader, responseTrailer }: HandlerContext): AsyncGenerator<Message> {
    this.#isHandled = true;
    const call = this.#call;
    setAll(responseHeader, answerHeaders(call));
    call.sendHeaders = () => addAll(responseHeader, call.addedHeaders);
    try {
      for await (const response of this.#lifecycle.stream(call, request, this.#left.signal)) {
        if (this.#left.signal.aborted) break;
        this.#isBegun = true;
        yield response;
      }
      addAll(responseTrailer, call.addedTrailers);
      if (this.#failure !== undefined) throw this.#failure.error;
      this.#lifecycle.end(call, Code.OK);
    } catch (error) {
      addAll(responseTrailer, call.addedTrailers);
      throw this.#failureOf(error, responseHeader);
    }
  }

  /** The error for the library. Its headers are sent with the head of the answer or, if that is sent, as trailers. */
  #failureOf(error: unknown, responseHeader: Headers): ConnectError {
    const failure = this.#failure ?? this.#end(error);
    setAll(this.#isBegun ? failure.error.metadata : responseHeader, failure.headers);
    return failure.error;
  }

  /** Ends the call with `error`, and keeps the status to send. */
  #end(error: unknown): Failure {
    const call = this.#call;
    const failure = this.#lifecycle.failureOf(call, error);
    const said = new ConnectError(failure.message, failure.code as number);
    // In the form of received details, whose bytes and JSON are known.
    said.details.push(...(failure.parts.map(detailOf) as ConnectError['details']));
    this.#lifecycle.end(call, failure.code);
    this.#failure = { error: said, headers: failureHeaders(call, failure) };
    return this.#failure;
  }

  /** Fails the call while its handler runs. */
  #fail(error: unknown): void {
    const call = this.#call;
    if (call.ended) return;
    const failure = this.#end(error);
    if (this.#isHandled) {
      this.#failed.reject(failure.error);
      this.#left.abort();
      setTimeout(() => this.#exchange.destroy(), LAST_WORDS_MS).unref();
      return;
    }
    this.#library.refuse(this.#framed, failure.error, failure.headers).then(
      (answer) => this.#send(answer),
      () => this.#exchange.destroy(),
    );
  }

  async #send({ status, header, body: bytes }: UniversalServerResponse): Promise<void> {
    const exchange = this.#exchange;
    const { isText, type } = this.#form;
    const headers: Record<string, string> = { ...Object.fromEntries(header ?? []), ...(isText && { 'content-type': type }) };
    const body = isText ? toText(bytes) : bytes;
    if (headers['content-length'] !== undefined) {
      exchange.send(status, headers, await wholeOf(body));
      return;
    }
    exchange.begin(status, headers);
    try {
      for await (const part of body ?? []) await exchange.write(part);
      exchange.end();
    } catch (error) {
      exchange.destroy();
      throw error;
    }
  }
}

/** The failure for a request that the library has refused. */
async function foreignFailure({ body, status }: UniversalServerResponse): Promise<Error> {
  const text = (await wholeOf(body)).toString('latin1');
  const code = Number(/grpc-status: ?(\d+)/.exec(text)?.[1] ?? codeNamed(/"code":"(\w+)"/.exec(text)?.[1] ?? ''));
  if (code === Code.RESOURCE_EXHAUSTED) return new CallFailure('message_too_large');
  if (code === Code.UNIMPLEMENTED) return new CallFailure('protocol');
  // A message that cannot be read is the caller's mistake, whatever code the library gives it.
  if (code === Code.INVALID_ARGUMENT || code === Code.INTERNAL) return new CallFailure('malformed_message');
  return new Error(`the library answered the call itself, with ${status} and ${code}`);
}

async function wholeOf(body: AsyncIterable<Uint8Array> = (async function* () {})()): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts);
}

function addAll(target: Headers, headers: AnswerHeaders = {}): void {
  for (const [name, values] of Object.entries(headers)) for (const value of values) target.append(name, value);
}

function setAll(target: Headers, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) target.set(name, value);
}
