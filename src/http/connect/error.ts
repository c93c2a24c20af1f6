/** A failed call in the form of Connect's errors (connectrpc.com/docs/protocol, Error), with the same details as in gRPC. */
import { createRegistry, type JsonValue, toJson } from '@bufbuild/protobuf';
import { type Any, anyUnpack } from '@bufbuild/protobuf/wkt';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  QuotaFailureSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from '../../../gen/ts/google/rpc/error_details_pb.ts';
import type { Call } from '../../rpc/call.ts';
import { answerHeaders, type Headers } from '../../rpc/headers.ts';
import type { CallStatus } from '../../rpc/status.ts';
import { nameOf } from './codes.ts';

const KNOWN = createRegistry(ErrorInfoSchema, RequestInfoSchema, BadRequestSchema, QuotaFailureSchema, RetryInfoSchema);

/** A detail of an error: its message as bytes and, for people, as JSON. */
export interface ErrorDetail {
  readonly type: string;
  readonly value: Uint8Array;
  readonly debug?: JsonValue;
}

export function detailOf(any: Any): ErrorDetail {
  const type = any.typeUrl.slice(any.typeUrl.lastIndexOf('/') + 1);
  const message = anyUnpack(any, KNOWN);
  const schema = message && KNOWN.getMessage(type);
  if (message === undefined || schema === undefined) return { type, value: any.value };
  return { type, value: any.value, debug: toJson(schema, message) };
}

/** The body of an answer. */
export function errorBody({ code, message, parts }: CallStatus): string {
  const details = parts.map(detailOf).map(({ value, ...rest }) => ({ ...rest, value: base64(value) }));
  return JSON.stringify({ code: nameOf(code), message, details });
}

/** The headers of a failure: those of every answer, and when to retry, in s. */
export function failureHeaders(call: Call, { retryAfterMs }: Pick<CallStatus, 'retryAfterMs'>): Headers {
  const headers = answerHeaders(call);
  return retryAfterMs === undefined ? headers : { ...headers, 'retry-after': String(Math.ceil(retryAfterMs / 1000)) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64').replace(/=+$/, '');
}
