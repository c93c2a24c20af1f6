/** The headers of the contract as plain text, of calls and of answers. */
import { randomUUID } from 'node:crypto';
import type { Call, Incoming } from './call.ts';

/** The form of a request id from a caller. It is logged and sent back, so it must not be able to hold an API key. */
const REQUEST_ID = /^(?!otpd_)[\w.:/+=@-]{1,128}$/;
const BEARER = /^bearer +/i;

export type Headers = Readonly<Record<string, string>>;

/** The caller's `x-request-id`, or a new id if it is missing or not fit for a log. */
export function requestIdOf(incoming: Pick<Incoming, 'header'>): string {
  const given = incoming.header('x-request-id');
  return given !== undefined && REQUEST_ID.test(given) ? given : randomUUID();
}

/** The API key from `x-api-key` or, without it, from `authorization: Bearer`; undefined if both are absent. */
export function apiKeyOf(incoming: Pick<Incoming, 'header'>): string | undefined {
  const key = incoming.header('x-api-key');
  if (key !== undefined && key !== '') return key;
  const authorization = incoming.header('authorization');
  if (authorization === undefined || !BEARER.test(authorization)) return undefined;
  return authorization.replace(BEARER, '').trim() || undefined;
}

/** The headers of every answer, success and error alike: the request id, the state of the limits (`reset` in seconds), and the reached share of the credits. */
export function answerHeaders({ requestId, quota, creditShare }: Call): Headers {
  if (quota === undefined) return { 'x-request-id': requestId };
  return {
    'x-request-id': requestId,
    'x-ratelimit-limit': String(quota.window.limit),
    'x-ratelimit-remaining': String(quota.remaining),
    'x-ratelimit-reset': String(Math.ceil(quota.resetMs / 1000)),
    ...(creditShare !== undefined && { 'x-otpd-usage': `month=${creditShare}` }),
  };
}
