/** APIVerve: `POST /v1/totpgenerator` and `POST /v1/graphql`. */

import { type Envelope, write } from '../../../src/http/rest/api-verve-formats.ts';
import type { Json } from '../shared.ts';
import { ANSWER_HEADER_REFS, ERROR_HEADER_REFS } from '../shared.ts';
import { answer, errors, jsonErrors, type RestApiDescription, ref, SECRET, SECRET_FIELD } from './operation.ts';

const TAG = 'APIVerve';
const TOKEN = { token: '935324', digits: 6, period: 30, timeRemaining: 25, expiresAt: '2025-12-16T22:31:00Z' };
const REQUEST = { secret: SECRET, digits: 6, period: 30 };
const QUERY = `query { totpgenerator(input: { secret: "${SECRET}", digits: 6, period: 30 }) { token expiresAt } }`;

const OTHERS = { xml: 'application/xml', yaml: 'application/yaml', csv: 'text/csv' } as const;

/** Describes an answer in JSON, in YAML with the same schema, and in formats whose schema does not describe their content. */
function inFormats(description: string, schema: Json, envelope: Envelope, headers: Json): Json {
  const others = Object.entries(OTHERS).map(([format, type]) => [
    type,
    type === OTHERS.yaml
      ? { schema, example: envelope }
      : { schema: { type: 'string' }, example: write(format as keyof typeof OTHERS, 200, envelope).body },
  ]);
  return { description, headers, content: { 'application/json': { schema, example: envelope }, ...Object.fromEntries(others) } };
}

/** Two refusals share a status that only this API has. */
const describe = (status: number, description: string): string =>
  status === 403 ? 'The API key lacks the scope, or its credits of the month are used up.' : description;

const ERRORS = errors('secret: is required: send the base32 text of the key', ({ status, description, message }) =>
  inFormats(
    describe(status, description),
    ref('apiverve.Error'),
    { status: 'error', error: message, data: null },
    ERROR_HEADER_REFS,
  ),
);
const GRAPHQL_ERRORS = jsonErrors(
  ref('apiverve.GraphqlErrors'),
  'query: is required: send the text of the query',
  ({ status, message }) => ({ errors: [{ message, extensions: { code: status } }] }),
);

export const apiverve: RestApiDescription = {
  tag: {
    name: TAG,
    description:
      'The calls of APIVerve: the current code of a secret. Pages of other origins may call them if `--cors-origins` says so.',
  },
  paths: {
    '/v1/totpgenerator': {
      post: {
        operationId: 'totpgenerator',
        tags: [TAG],
        summary: 'Gives the current code of a secret',
        description: 'Needs the scope `token`. `accept` chooses the format of the answer; `format` in the query comes before it.',
        parameters: [
          {
            name: 'format',
            in: 'query',
            description: 'The format of the answer.',
            schema: { type: 'string', enum: ['json', 'xml', 'yaml', 'csv'] },
          },
        ],
        requestBody: {
          required: true,
          content: { 'application/json': { schema: ref('apiverve.TotpRequest'), example: REQUEST } },
        },
        responses: {
          200: inFormats('The token.', ref('apiverve.Token'), { status: 'ok', error: null, data: TOKEN }, ANSWER_HEADER_REFS),
          ...ERRORS,
        },
      },
    },
    '/v1/graphql': {
      post: {
        operationId: 'graphql',
        tags: [TAG],
        summary: 'Gives the fields of the current code that a GraphQL query selects',
        description: 'Needs the scope `token`. The depth and the size of a query are bounded.',
        requestBody: {
          required: true,
          content: { 'application/json': { schema: ref('apiverve.GraphqlRequest'), example: { query: QUERY } } },
        },
        responses: {
          200: answer('The result of the query.', ref('apiverve.GraphqlResult'), {
            data: { totpgenerator: { token: TOKEN.token, expiresAt: TOKEN.expiresAt } },
          }),
          ...GRAPHQL_ERRORS,
        },
      },
    },
  },
  schemas: {
    'apiverve.TotpRequest': {
      type: 'object',
      properties: {
        secret: SECRET_FIELD,
        digits: { type: ['integer', 'string'], description: 'The length of a code, 6 to 8; 6 if unset.', minimum: 6, maximum: 8 },
        period: {
          type: ['integer', 'string'],
          description: 'The time step in seconds, 1 to 300; 30 if unset.',
          minimum: 1,
          maximum: 300,
        },
      },
      required: ['secret'],
    },
    'apiverve.Token': {
      type: 'object',
      properties: {
        status: { const: 'ok' },
        error: { type: 'null' },
        data: {
          type: 'object',
          properties: {
            token: { type: 'string', description: 'The code.' },
            digits: { type: 'integer' },
            period: { type: 'integer', description: 'The time step in seconds.' },
            timeRemaining: { type: 'integer', description: 'Seconds until the code expires.' },
            expiresAt: { type: 'string', format: 'date-time', description: 'When the code expires.' },
          },
          required: ['token', 'digits', 'period', 'timeRemaining', 'expiresAt'],
        },
      },
      required: ['status', 'error', 'data'],
    },
    'apiverve.Error': {
      type: 'object',
      properties: {
        status: { const: 'error' },
        error: { type: 'string', description: 'Says what to do.' },
        data: { type: 'null' },
      },
      required: ['status', 'error', 'data'],
    },
    'apiverve.GraphqlRequest': {
      type: 'object',
      properties: {
        query: { type: 'string', description: 'The query.' },
        variables: { type: ['object', 'null'], description: 'The variables of the query.' },
        operationName: { type: ['string', 'null'], description: 'Which operation of the query to run.' },
      },
      required: ['query'],
    },
    'apiverve.GraphqlResult': {
      type: 'object',
      properties: { data: { type: 'object', description: 'The fields that the query selects.' } },
      required: ['data'],
    },
    'apiverve.GraphqlErrors': {
      type: 'object',
      properties: {
        errors: {
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            properties: {
              message: { type: 'string', description: 'Says what to do.' },
              locations: {
                type: 'array',
                description: 'Where in the query the mistake is.',
                items: { type: 'object', properties: { line: { type: 'integer' }, column: { type: 'integer' } } },
              },
              extensions: {
                type: 'object',
                properties: { code: { type: 'integer', description: 'The HTTP status.' } },
                required: ['code'],
              },
            },
            required: ['message', 'extensions'],
          },
        },
      },
      required: ['errors'],
    },
  },
};
