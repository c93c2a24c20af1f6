/** 2faotp.live: `POST` and `GET /api/2fa/generate`. */
import type { Json } from '../shared.ts';
import {
  answer,
  jsonErrors,
  jsonOrForm,
  queryParameters,
  type RestApiDescription,
  ref,
  SECRET,
  SECRET_FIELD,
} from './operation.ts';

const TAG = '2faotp.live';
const SECURITY = [{ apiKey: [] }, { bearer: [] }, { queryApiKey: [] }];

/** The error messages in the documentation of the API. */
const MESSAGES: Readonly<Record<number, string>> = {
  401: 'Invalid or missing API key',
  429: 'Rate limit exceeded',
  500: 'Internal Server Error',
};

const RESPONSES: Json = {
  200: answer('The current code.', ref('twofaotp.Code'), {
    code: 200,
    message: 'Code generated successfully',
    data: { code: '123456', remaining_time: 18, timestamp: 1_772_035_200, valid_until: 1_772_035_218 },
  }),
  ...jsonErrors(ref('twofaotp.Error'), 'Invalid or missing secret: is required: send the base32 text of the key', (failure) => ({
    code: failure.status,
    message: MESSAGES[failure.status] ?? failure.message,
    data: failure.retryAfter === undefined ? null : { retry_after: failure.retryAfter },
  })),
};

const PROPERTIES = { secret: SECRET_FIELD };

export const twoFaOtpLive: RestApiDescription = {
  tag: {
    name: TAG,
    description: 'The call of 2faotp.live: the current code of a secret. Its plans are `free`, `pro` and `ultra`.',
  },
  paths: {
    '/api/2fa/generate': {
      post: {
        operationId: 'generateCode',
        tags: [TAG],
        summary: 'Gives the current code of a secret',
        description: 'Needs the scope `token`.',
        security: SECURITY,
        requestBody: jsonOrForm({ type: 'object', properties: PROPERTIES, required: ['secret'] }, { secret: SECRET }),
        responses: RESPONSES,
      },
      get: {
        operationId: 'generateCodeByQuery',
        tags: [TAG],
        summary: 'Gives the current code of a secret in the query',
        description: 'Needs the scope `token`. Logs of proxies hold the query of a request: prefer POST.',
        security: SECURITY,
        parameters: queryParameters(PROPERTIES, ['secret']),
        responses: RESPONSES,
      },
    },
  },
  schemas: {
    'twofaotp.Code': {
      type: 'object',
      properties: {
        code: { const: 200 },
        message: { type: 'string' },
        data: {
          type: 'object',
          properties: {
            code: { type: 'string', description: 'The six digits of the code.', pattern: '^[0-9]{6}$' },
            remaining_time: { type: 'integer', description: 'Seconds until the code expires.' },
            timestamp: { type: 'integer', description: "The server's clock, in seconds since 1970." },
            valid_until: { type: 'integer', description: 'When the code expires, in seconds since 1970.' },
          },
          required: ['code', 'remaining_time', 'timestamp', 'valid_until'],
        },
      },
      required: ['code', 'message', 'data'],
    },
    'twofaotp.Error': {
      type: 'object',
      properties: {
        code: { type: 'integer', description: 'The HTTP status.' },
        message: { type: 'string' },
        data: {
          type: ['object', 'null'],
          properties: { retry_after: { type: 'integer', description: 'Seconds to wait before the next call.' } },
        },
      },
      required: ['code', 'message', 'data'],
    },
  },
};
