/** The same in both OpenAPI documents: where the server is, how callers authenticate, and the headers of every answer. */
import type { Json } from './json-schema.ts';

export const SERVERS: readonly Json[] = [
  { url: '/', description: 'The server that this document comes from' },
  { url: 'http://127.0.0.1:50080', description: 'The default address' },
];

/** Either of the two. */
export const SECURITY: readonly Json[] = [{ apiKey: [] }, { bearer: [] }];

export const SECURITY_SCHEMES: Json = {
  apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'An API key of this server (`otpd keys create`).' },
  bearer: { type: 'http', scheme: 'bearer', description: 'The same API key as `authorization: Bearer`.' },
};

const LIMIT = 'of the window of the plan that is nearest to exhaustion; absent on a plan without limits.';

export const ANSWER_HEADERS: Json = {
  'x-request-id': { description: "The id of the call in the server's log.", schema: { type: 'string' } },
  'x-ratelimit-limit': { description: `The limit ${LIMIT}`, schema: { type: 'integer' } },
  'x-ratelimit-remaining': { description: `The calls left ${LIMIT}`, schema: { type: 'integer' } },
  'x-ratelimit-reset': { description: `Seconds until the end ${LIMIT}`, schema: { type: 'integer' } },
  'x-otpd-usage': {
    description: 'The share of the credits of the month that is used, in percent, from 80 on; absent below.',
    schema: { type: 'string', enum: ['month=80', 'month=95'] },
  },
};

/** Of errors alone. */
export const RETRY_HEADER: Json = {
  'retry-after': {
    description: 'Seconds to wait before the next try; absent if that does not help.',
    schema: { type: 'integer' },
  },
};

export const ANSWER_HEADER_REFS: Json = Object.fromEntries(
  Object.keys(ANSWER_HEADERS).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
);

export const ERROR_HEADER_REFS: Json = { ...ANSWER_HEADER_REFS, 'retry-after': { $ref: '#/components/headers/retry-after' } };
