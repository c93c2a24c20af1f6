/** The innermost stage: answers the unary methods, so that grpc-js need not make a stream for a request that is one message. */
import type { Message } from '@bufbuild/protobuf';
import { status as codes, Metadata } from '@grpc/grpc-js';
import { CallFailure } from '../rpc/failure.ts';
import type { Method, UnaryMethod } from '../service/methods.ts';
import { GrpcContext } from './call-context.ts';
import type { CallRecord } from './call-record.ts';
import { decode, pathOf } from './definition.ts';
import { createEncoder } from './encode.ts';
import type { Stage } from './interceptor.ts';
import { Listener, type Next } from './listener.ts';
import { failureStatus } from './status.ts';

/** One for all answers: grpc-js would make one for each. */
const NO_METADATA = new Metadata();

/** A method with the encoder of its answers. */
interface Encoded extends UnaryMethod {
  readonly encode: (response: Message) => Buffer;
}

/** Makes the stage; it must stand last, behind the guard. Calls of other methods pass it. */
export function createUnary(methods: readonly Method[], now: () => number): Stage {
  const unary = methods.filter((method) => method.kind === 'unary');
  const encoded = unary.map((method): Encoded => ({ ...method, encode: createEncoder(method.descriptor.output) }));
  const byPath = new Map(encoded.map((method) => [pathOf(method.descriptor), method]));

  class Answered extends Listener {
    readonly #method: Encoded;
    readonly #record: CallRecord;
    #request: Uint8Array | undefined;

    constructor(next: Next, method: Encoded, record: CallRecord) {
      super(next);
      this.#method = method;
      this.#record = record;
    }

    /** Not handed on, nor is what follows: grpc-js' own handler waits in vain, and costs nothing. */
    override onReceiveMetadata(): void {
      this.#record.call.startRead();
    }

    override onReceiveMessage(message: Uint8Array): void {
      if (this.#request !== undefined) {
        fail(new CallFailure('protocol'), this.#record);
        return;
      }
      this.#request = message;
      this.#record.call.startRead();
    }

    override onReceiveHalfClose(): void {
      if (this.#record.ended) return;
      if (this.#request === undefined) fail(new CallFailure('protocol'), this.#record);
      else answer(this.#method, this.#request, this.#record, now);
    }
  }

  return (next, record, { path }) => {
    const method = byPath.get(path);
    return method === undefined ? next : new Answered(next, method, record);
  };
}

/** Has the method handle the request; every failure is contained. */
function answer(method: Encoded, request: Uint8Array, record: CallRecord, now: () => number): void {
  try {
    const response = method.handle(decode(method, request), new GrpcContext(record, now));
    if (!(response instanceof Promise)) send(method, response, record);
    else response.then((late) => send(method, late, record)).catch((error: unknown) => fail(error, record));
  } catch (error) {
    fail(error, record);
  }
}

/** The status goes when the message is written, as grpc-js itself has it; nobody above would catch what fails then. */
function send({ encode }: Encoded, response: Message, record: CallRecord): void {
  const { call } = record;
  if (record.ended) return;
  // First, while nothing is sent yet that a failure would have to follow; copied into its frame before `sendMessage` returns.
  const bytes = encode(response);
  call.sendMetadata(NO_METADATA);
  call.sendMessage(bytes, () => {
    try {
      call.sendStatus({ code: codes.OK, details: 'OK', metadata: null });
    } catch (error) {
      fail(error, record);
    }
  });
}

function fail(error: unknown, record: CallRecord): void {
  if (record.ended) return;
  record.call.sendStatus(failureStatus(error, record));
}
