/** Bridges the methods of the service to grpc-js: bytes to messages and back, and every failure contained. */
import { type DescMethod, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import {
  type handleServerStreamingCall,
  Metadata,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { CallFailure } from '../rpc/failure.ts';
import type { Method, StreamingMethod } from '../service/methods.ts';
import { GrpcContext } from './call-context.ts';
import { streamRecordOf } from './call-record.ts';
import { createEncoder } from './encode.ts';
import { failureStatus } from './status.ts';

/** A service as `Server.addService` takes it. */
export interface Bridge {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** Bridges `methods`, which are told the time by `now`. */
export function bridge(methods: readonly Method[], now: () => number): Bridge {
  const definition = Object.fromEntries(methods.map(({ descriptor }) => [descriptor.localName, defineMethod(descriptor)]));
  const implementation = Object.fromEntries(
    methods.map((method) => [method.descriptor.localName, method.kind === 'unary' ? answeredBefore : streaming(method, now)]),
  );
  return { definition, implementation };
}

/** Stands for a unary method, so that grpc-js knows its path: the interceptor in `unary.ts` answers it. */
function answeredBefore(): never {
  throw new Error('a unary call is answered before it gets to its handler');
}

/** The path of a method on the wire. */
export function pathOf({ parent, name }: DescMethod): string {
  return `/${parent.typeName}/${name}`;
}

/** A method as grpc-js knows it. Messages pass through as bytes, so that a decoding failure is ours to answer. */
export function defineMethod(descriptor: DescMethod): ServiceDefinition[string] {
  return {
    path: pathOf(descriptor),
    requestStream: false,
    responseStream: descriptor.methodKind === 'server_streaming',
    requestSerialize: asBuffer,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: asBuffer,
    responseDeserialize: (bytes: Buffer) => bytes,
  };
}

function streaming(method: StreamingMethod, now: () => number): handleServerStreamingCall<Buffer, Uint8Array> {
  const encode = createEncoder(method.descriptor.output);
  return (call) => {
    const record = streamRecordOf(call.metadata);
    const left = new AbortController();
    call.on('cancelled', () => left.abort());
    // Where the stream is already gone, the cancellation has ended the call.
    call.on('error', () => left.abort());
    const pump = async () => {
      const context = new GrpcContext(record, now, left.signal);
      for await (const response of method.handle(decode(method, call.request), context)) {
        if (left.signal.aborted) return;
        // A copy: it may have to wait until others have been encoded.
        call.write(Buffer.from(encode(response)));
      }
      call.end(new Metadata());
    };
    pump().catch((error: unknown) => call.emit('error', failureStatus(error, record)));
  };
}

/** The request in `bytes`. Throws `CallFailure` where they are none. */
export function decode(method: Method, bytes: Uint8Array): MessageShape<DescMethod['input']> {
  try {
    return fromBinary(method.descriptor.input, bytes, { readUnknownFields: false });
  } catch {
    throw new CallFailure('malformed_message');
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
