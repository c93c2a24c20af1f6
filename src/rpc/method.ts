/** The methods of a service, without types of a transport: their scopes and their handlers. Every door serves the same list. */
import { type DescMethod, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import type { Scope } from '../ports/principal.ts';
import type { CallContext } from './context.ts';
import { CallFailure } from './failure.ts';

/** The scope that a method requires; `any` if every API key may call it. */
export type RequiredScope = Scope | 'any';

/** A method with one answer. */
export interface UnaryMethod<M extends DescMethod = DescMethod> {
  readonly kind: 'unary';
  readonly descriptor: M;
  readonly scope: RequiredScope;
  /** Whether a call costs no credits: it is charged to all windows except the month. */
  readonly isFree?: boolean | undefined;
  readonly handle: (
    request: MessageShape<M['input']>,
    context: CallContext,
  ) => MessageShape<M['output']> | Promise<MessageShape<M['output']>>;
}

/** A method that answers until the caller leaves. */
export interface StreamingMethod<M extends DescMethod = DescMethod> {
  readonly kind: 'server_streaming';
  readonly descriptor: M;
  readonly scope: Scope;
  readonly isFree?: undefined;
  readonly handle: (request: MessageShape<M['input']>, context: CallContext) => AsyncIterable<MessageShape<M['output']>>;
}

export type Method = UnaryMethod | StreamingMethod;

/** The name of a method in every protocol: `/otp.v1.OtpService/Verify`. */
export function procedureOf({ parent, name }: DescMethod): string {
  return `/${parent.typeName}/${name}`;
}

/** Decodes a request. Throws `CallFailure` (`malformed_message`) if the bytes are not an encoding of it. */
export function decode({ descriptor }: Method, bytes: Uint8Array): MessageShape<DescMethod['input']> {
  try {
    return fromBinary(descriptor.input, bytes, { readUnknownFields: false });
  } catch {
    throw new CallFailure('malformed_message');
  }
}
