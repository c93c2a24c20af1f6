/** The common parts of both OpenAPI documents: the address of the server, the authentication, and the headers of every answer. */

/** A schema, or any other object of an OpenAPI document. */
export type Json = { readonly [name: string]: unknown };

/** A successful call and its answer. */
export interface Example {
  readonly summary: string;
  readonly request: Json;
  readonly response: Json;
}

/** The examples, by method and name. */
export type Examples = Readonly<Record<string, Readonly<Record<string, Example>>>>;

export const SERVERS: readonly Json[] = [
  { url: '/', description: 'The server that this document comes from' },
  { url: 'http://127.0.0.1:50080', description: 'The default address' },
];

/** A call needs either of the two. */
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

/** A header of errors only. */
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
