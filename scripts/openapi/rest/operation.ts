/** The parts of the operations of the four REST APIs. */
import type { Json } from '../shared.ts';
import { ANSWER_HEADER_REFS, ERROR_HEADER_REFS } from '../shared.ts';

/** The part of the document that describes an API. */
export interface RestApiDescription {
  readonly tag: { readonly name: string; readonly description: string };
  readonly paths: Json;
  readonly schemas: Json;
}

/** Returns a reference to a schema of the document. */
export function ref(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

/** Returns an answer in JSON with an example. */
export function answer(description: string, schema: Json, example: unknown): Json {
  return { description, headers: ANSWER_HEADER_REFS, content: { 'application/json': { schema, example } } };
}

/** An error that an API answers with. */
interface Failure {
  readonly status: number;
  readonly description: string;
  readonly message: string;
  readonly retryAfter?: number;
}

const FAILURES: readonly Failure[] = [
  { status: 401, description: 'The API key is missing or not valid.', message: 'the API key is not valid' },
  {
    status: 403,
    description: 'The API key lacks the scope.',
    message: 'the API key lacks the scope token, which this call needs: use an API key that has it',
  },
  { status: 413, description: 'The body is larger than 64 KiB.', message: 'the message is too large: send at most 64 KiB' },
  { status: 415, description: 'The body is of another type.', message: 'the body must be application/json' },
  {
    status: 429,
    description: 'A limit is reached.',
    message: "the rate limit of the API key's plan is reached: wait as long as retry-after says, or use a larger plan",
    retryAfter: 45,
  },
  { status: 500, description: 'A fault of the server.', message: 'an internal error: it is logged under the request id' },
  { status: 503, description: 'The server cannot answer now.', message: 'the server is stopping', retryAfter: 1 },
];

/** Describes the errors of an API, each answer as `respond` makes it. `wrong` describes a missing or wrong parameter. */
export function errors(wrong: string, respond: (failure: Failure) => Json): Json {
  const all = [{ status: 400, description: 'A parameter is missing or wrong.', message: wrong }, ...FAILURES];
  return {
    ...Object.fromEntries(all.map((failure) => [failure.status, respond(failure)])),
    // This error may come before the path is known, so its form does not depend on the API.
    431: { description: 'The head of the request is larger than 8 KiB.' },
  };
}

/** Describes the errors of an API that answers only in JSON, as `shape` makes it. */
export function jsonErrors(schema: Json, wrong: string, shape: (failure: Failure) => Json): Json {
  return errors(wrong, (failure) => ({
    ...answer(failure.description, schema, shape(failure)),
    headers: ERROR_HEADER_REFS,
  }));
}

/** Describes the parameters of the query, from the properties of a schema, with its examples. */
export function queryParameters(properties: Readonly<Record<string, Json>>, required: readonly string[] = []): Json[] {
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    description,
    required: required.includes(name),
    schema,
  }));
}

/** Describes a body in JSON or as a form. The parameters may be in the query instead. */
export function jsonOrForm(schema: Json, example: unknown): Json {
  return {
    content: {
      'application/json': { schema, example },
      'application/x-www-form-urlencoded': { schema, example },
    },
  };
}

/** The secret in the examples, from the documentation of the APIs. */
export const SECRET = 'JBSWY3DPEHPK3PXP';

export const SECRET_FIELD: Json = {
  type: 'string',
  description: 'The shared secret in base32 (RFC 4648), 1 to 256 bytes once decoded.',
  minLength: 1,
  maxLength: 2048,
  examples: [SECRET],
};
