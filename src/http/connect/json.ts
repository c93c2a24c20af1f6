/** Messages in ProtoJSON, for all calls of a service. */
import { createRegistry, type Registry } from '@bufbuild/protobuf';
import type { Method } from '../../rpc/method.ts';

/** Unknown fields are refused: a parameter with a typing error would be a code that nobody expects. */
export interface JsonOptions {
  readonly ignoreUnknownFields: false;
  readonly registry: Registry;
}

/** The options for the messages of `methods`, among them any that a `google.protobuf.Any` may hold. */
export function jsonOptionsOf(methods: readonly Method[]): JsonOptions {
  return { ignoreUnknownFields: false, registry: createRegistry(...methods.map(({ descriptor }) => descriptor.parent.file)) };
}

/** The message or field of the contract that an error of the reader is about, such as `otp.v1.Key.secret`; undefined if it is about the text. */
export function placeIn(error: unknown): string | undefined {
  return error instanceof Error ? /^cannot decode [a-z]+ ([\w.]+) from JSON/.exec(error.message)?.[1] : undefined;
}
