/** Common parts of all calls over grpc-js: the messages of a method as bytes, and a signal that cancels. */
import { type DescMessage, type DescMethod, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';

/** A method with the types of its messages. */
export type Method<I extends DescMessage, O extends DescMessage> = DescMethod & { readonly input: I; readonly output: O };

/** The path of a method, and its messages to bytes and back; bytes as a `Buffer` over the same memory. */
export function codec<I extends DescMessage, O extends DescMessage>(
  method: Method<I, O>,
): [string, (request: MessageShape<I>) => Buffer, (bytes: Buffer) => MessageShape<O>] {
  const encode = (request: MessageShape<I>) => {
    const { buffer, byteOffset, byteLength } = toBinary(method.input, request);
    return Buffer.from(buffer, byteOffset, byteLength);
  };
  return [`/${method.parent.typeName}/${method.name}`, encode, (bytes) => fromBinary(method.output, bytes)];
}

/** Calls `cancel` once `signal` is aborted, until disposed of. */
export function cancelOn(signal: AbortSignal | undefined, cancel: () => void): Disposable {
  signal?.addEventListener('abort', cancel, { once: true });
  if (signal?.aborted) cancel();
  return { [Symbol.dispose]: () => signal?.removeEventListener('abort', cancel) };
}
