/** Reads and writes the metadata of the contract. */
import { randomUUID } from 'node:crypto';
import { Metadata } from '@grpc/grpc-js';
import type { CallRecord } from './call-record.ts';

/** What a request id from outside may look like: it is written to the log and sent back, so that it must not be an API key. */
const REQUEST_ID = /^(?!otpd_)[\w.:/+=@-]{1,128}$/;
const BEARER = /^bearer +/i;

/** The caller's `x-request-id`, or a new one where it is missing or not fit for a log. */
export function requestIdOf(metadata: Metadata): string {
  const given = metadata.get('x-request-id')[0];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/** The API key from `x-api-key`, or else from `authorization: Bearer`; undefined if there is neither. */
export function apiKeyOf(metadata: Metadata): string | undefined {
  const [key] = metadata.get('x-api-key');
  if (typeof key === 'string' && key !== '') return key;
  const [authorization] = metadata.get('authorization');
  if (typeof authorization !== 'string' || !BEARER.test(authorization)) return undefined;
  return authorization.replace(BEARER, '').trim() || undefined;
}

/** What `x-forwarded-for` says, several of them as one. */
export function forwardedForOf(metadata: Metadata): string | undefined {
  const values = metadata.get('x-forwarded-for');
  return values.length === 0 ? undefined : values.join(',');
}

/** The trailers of an error, to which is added what every answer carries, success and error alike. */
export function annotatedTrailers(trailers: Metadata | null | undefined, record: CallRecord): Metadata {
  const metadata = trailers ?? new Metadata();
  for (const [name, value] of Object.entries(headersOf(record))) metadata.set(name, value);
  return metadata;
}

/**
 * The headers of an answer, to which the same is added, as a new object: nearly every call has them, and `set` would check again, value by
 * value, what was made here. It has no more of `Metadata` than the call nearest the wire asks for.
 */
export function annotated(metadata: Metadata, record: CallRecord): Metadata {
  const toHttp2Headers = () => Object.assign(metadata.toHttp2Headers(), headersOf(record));
  return { toHttp2Headers } as Metadata;
}

function headersOf({ requestId, admission, quota = admission?.quota }: CallRecord): Record<string, string> {
  if (quota === undefined) return { 'x-request-id': requestId };
  return {
    'x-request-id': requestId,
    'x-ratelimit-limit': String(quota.window.limit),
    'x-ratelimit-remaining': String(quota.remaining),
    'x-ratelimit-reset': String(Math.ceil(quota.resetMs / 1000)),
  };
}
