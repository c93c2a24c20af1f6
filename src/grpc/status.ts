/** Converts failures of the lifecycle to statuses of grpc-js, and failures of grpc-js to failures of the lifecycle. */
import type { OutgoingHttpHeaders } from 'node:http2';
import { status as codes, Metadata, type StatusObject } from '@grpc/grpc-js';
import type { Call } from '../rpc/call.ts';
import { CallFailure } from '../rpc/failure.ts';
import { answerHeaders } from '../rpc/headers.ts';
import type { CallStatus } from '../rpc/status.ts';

const DETAILS = 'grpc-status-details-bin';

export type PartialStatus = Pick<StatusObject, 'code' | 'details'> & { metadata?: Metadata | null | undefined };

/** The trailers of a failure: the headers of every answer, when to retry, and for our methods the details. */
export function failureTrailers(call: Call, { details, retryAfterMs, isFinal }: CallStatus): Metadata {
  const trailers = new Unpadded();
  // Headers that were not sent before the failure are sent with it.
  addHeaders(trailers, { ...call.addedHeaders, ...call.addedTrailers });
  addHeaders(trailers, answerHeaders(call));
  if (call.method !== undefined) trailers.set(DETAILS, Buffer.from(details.buffer, details.byteOffset, details.byteLength));
  // A negative value tells clients not to retry (gRFC A6).
  if (isFinal) trailers.set('grpc-retry-pushback-ms', '-1');
  if (retryAfterMs !== undefined) {
    trailers.set('grpc-retry-pushback-ms', String(Math.ceil(retryAfterMs)));
    trailers.set('retry-after', String(Math.ceil(retryAfterMs / 1000)));
  }
  return trailers;
}

/** Adds plain headers to metadata. */
export function addHeaders(metadata: Metadata, headers: Readonly<Record<string, string | readonly string[]>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') metadata.set(name, value);
    else for (const one of value) metadata.add(name, one);
  }
}

/** Sends binary values without padding, as the specification requires (gRPC over HTTP2, Custom-Metadata); grpc-js pads them. */
class Unpadded extends Metadata {
  override toHttp2Headers(): OutgoingHttpHeaders {
    const headers = super.toHttp2Headers();
    for (const [name, value] of Object.entries(headers)) {
      if (!name.endsWith('-bin')) continue;
      headers[name] = Array.isArray(value) ? value.map(withoutPadding) : withoutPadding(String(value));
    }
    return headers;
  }

  /** grpc-js sends a copy. */
  override clone(): Metadata {
    const copy = new Unpadded();
    copy.merge(this);
    return copy;
  }
}

function withoutPadding(base64: string): string {
  return base64.replace(/=+$/, '');
}

/** The failure for a status that grpc-js sends itself (for a message that it could not read, or an invalid timeout). */
export function foreignFailure({ code, details }: PartialStatus): Error {
  if (code === codes.RESOURCE_EXHAUSTED) return new CallFailure('message_too_large');
  if (code === codes.UNIMPLEMENTED) return new CallFailure('protocol');
  // A message that does not decompress and a timeout that is not a number are the caller's mistakes, whatever code grpc-js gives them.
  if (/^(Failed to decompress|Invalid grpc-timeout)/.test(details)) return new CallFailure('malformed_message');
  return new Error(`grpc-js answered the call itself with ${codes[code]}`);
}
