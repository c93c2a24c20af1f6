/** The methods of a service, without types of a transport: what each needs, and its handler. Every door serves the same list. */
import { type DescMethod, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import type { Scope } from '../ports/principal.ts';
import type { CallContext } from './context.ts';
import { CallFailure } from './failure.ts';

/** The scope that a method needs; `any` where every API key will do. */
export type RequiredScope = Scope | 'any';

/** A method that answers once. */
export interface UnaryMethod<M extends DescMethod = DescMethod> {
  readonly kind: 'unary';
  readonly descriptor: M;
  readonly scope: RequiredScope;
  /** Whether a call costs no credits: it is charged to all windows but the month. */
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

/** The name of a method on every wire: `/otp.v1.OtpService/Verify`. */
export function procedureOf({ parent, name }: DescMethod): string {
  return `/${parent.typeName}/${name}`;
}

/** The request in `bytes`. Throws `CallFailure` (`malformed_message`) if they are not an encoding of it. */
export function decode({ descriptor }: Method, bytes: Uint8Array): MessageShape<DescMethod['input']> {
  try {
    return fromBinary(descriptor.input, bytes, { readUnknownFields: false });
  } catch {
    throw new CallFailure('malformed_message');
  }
}
