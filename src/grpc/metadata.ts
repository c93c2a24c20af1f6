/** Reads and writes the metadata of the contract. */
import { randomUUID } from 'node:crypto';
import type { Metadata } from '@grpc/grpc-js';
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

/** Adds what every answer carries, success and error alike. */
export function annotate(metadata: Metadata, { requestId, quota }: CallRecord): void {
  metadata.set('x-request-id', requestId);
  if (quota === undefined) return;
  metadata.set('x-ratelimit-limit', String(quota.window.limit));
  metadata.set('x-ratelimit-remaining', String(quota.remaining));
  metadata.set('x-ratelimit-reset', String(Math.ceil(quota.resetMs / 1000)));
}
