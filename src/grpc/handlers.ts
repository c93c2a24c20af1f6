/** Bridges the methods of the service to grpc-js: ordinary handlers that take and return bytes, and let no failure escape. */
import type { DescMethod, Message } from '@bufbuild/protobuf';
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Lifecycle } from '../rpc/lifecycle.ts';
import { type Method, procedureOf } from '../rpc/method.ts';
import { createEncoder } from './encode.ts';
import { callOf, failureStatus } from './observe.ts';

/** Methods in the form of `Server.addService`. */
export interface Bridge {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** Bridges `methods`, by their procedures, to the lifecycle. */
export function bridge(methods: readonly Method[], lifecycle: Lifecycle): Bridge {
  return {
    definition: Object.fromEntries(
      methods.map(({ descriptor }) => [
        procedureOf(descriptor),
        { ...defineMethod(descriptor), responseSerialize: createEncoder(descriptor.output) },
      ]),
    ),
    implementation: Object.fromEntries(
      methods.map(({ descriptor, kind }) => [
        procedureOf(descriptor),
        kind === 'unary' ? unary(lifecycle) : streaming(lifecycle),
      ]),
    ),
  };
}

/** A method in the form of grpc-js. Messages stay bytes, so that the lifecycle answers a decoding failure. */
export function defineMethod(descriptor: DescMethod): ServiceDefinition[string] {
  return {
    path: procedureOf(descriptor),
    requestStream: false,
    responseStream: descriptor.methodKind === 'server_streaming',
    requestSerialize: asBuffer,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: asBuffer,
    responseDeserialize: (bytes: Buffer) => bytes,
  };
}

function unary(lifecycle: Lifecycle): handleUnaryCall<Buffer, Message> {
  return function answerOnce({ metadata, request }, callback) {
    const call = callOf(metadata);
    const fail = (error: unknown): void => callback(failureStatus(lifecycle, call, error) as never);
    try {
      const response = lifecycle.handle(call, request);
      if (response instanceof Promise) response.then((late) => callback(null, late)).catch(fail);
      else callback(null, response);
    } catch (error) {
      fail(error);
    }
  };
}

function streaming(lifecycle: Lifecycle): handleServerStreamingCall<Buffer, Message> {
  return function answerUntilLeft(stream) {
    const call = callOf(stream.metadata);
    const sendHeaders = (): void => stream.sendMetadata(new Metadata());
    call.sendHeaders = sendHeaders;
    const left = new AbortController();
    stream.on('cancelled', () => left.abort());
    // If the stream is closed already, its cancellation has ended the call.
    stream.on('error', () => left.abort());
    const pump = async (): Promise<void> => {
      for await (const response of lifecycle.stream(call, stream.request, left.signal)) {
        if (left.signal.aborted) return;
        stream.write(response);
      }
      stream.end();
    };
    pump().catch((error: unknown) => stream.emit('error', failureStatus(lifecycle, call, error)));
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
