/** The innermost interceptor: answers the unary methods, so that grpc-js need not make a stream for a request that is one message. */
import { type DescMethod, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { status as codes, type ServerInterceptor } from '@grpc/grpc-js';
import { CallFailure } from '../service/failure.ts';
import type { Method, UnaryMethod } from '../service/methods.ts';
import { type CallRecord, recordOf } from './call-record.ts';
import { context, decode, pathOf } from './definition.ts';
import { Listener, listenThrough, type Next } from './listener.ts';
import { failureStatus } from './status.ts';

/** Makes the interceptor; it must stand last, behind the guard. Calls of other methods pass it. */
export function createUnary(methods: readonly Method[], now: () => number): ServerInterceptor {
  const unary = methods.filter((method) => method.kind === 'unary');
  const byPath = new Map(unary.map((method) => [pathOf(method.descriptor), method]));

  class Answered extends Listener {
    readonly #method: UnaryMethod;
    readonly #record: CallRecord;
    #request: Uint8Array | undefined;

    constructor(next: Next, method: UnaryMethod, record: CallRecord) {
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
      if (this.#request === undefined) fail(new CallFailure('protocol'), this.#record);
      else answer(this.#method, this.#request, this.#record, now);
    }
  }

  return ({ path }, call) => {
    const method = byPath.get(path);
    return listenThrough(call, (next) => (method === undefined ? next : new Answered(next, method, recordOf(call))));
  };
}

/** Has the method handle the request; every failure is contained. */
function answer(method: UnaryMethod, request: Uint8Array, record: CallRecord, now: () => number): void {
  try {
    const response = method.handle(decode(method, request), context(record, now));
    if (!(response instanceof Promise)) send(method, response, record);
    else response.then((late) => send(method, late, record)).catch((error: unknown) => fail(error, record));
  } catch (error) {
    fail(error, record);
  }
}

/** The status goes when the message is written, as grpc-js itself has it; nobody above would catch what fails then. */
function send({ descriptor }: UnaryMethod, response: MessageShape<DescMethod['output']>, record: CallRecord): void {
  const { call } = record;
  call.sendMessage(toBinary(descriptor.output, response), () => {
    try {
      call.sendStatus({ code: codes.OK, details: 'OK', metadata: null });
    } catch (error) {
      fail(error, record);
    }
  });
}

function fail(error: unknown, record: CallRecord): void {
  record.call.sendStatus(failureStatus(error, record));
}
