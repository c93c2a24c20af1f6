/** Gentlent: `POST /tools/v1/otp` and `GET /tools/v1/barcodes`. */
import { ANSWER_HEADER_REFS } from '../shared.ts';
import { answer, jsonErrors, queryParameters, type RestApiDescription, ref, SECRET_FIELD } from './operation.ts';

const TAG = 'Gentlent';
const SECRET = 'FF4HND2CCGPWNZHKIA66I6Y44DEKPXXI';
const KEY = { algorithm: 'SHA1', digits: 6, period: 30, secret: SECRET, type: 'totp' };

const REQUESTS = {
  generate: { summary: 'A new secret', value: { type: 'time_based', action: 'generate', label: 'alice', issuer: 'ACME' } },
  verify: { summary: 'The codes of a secret', value: { type: 'time_based', action: 'verify', secret: SECRET } },
};
const RESPONSES = {
  generate: {
    summary: 'The new secret',
    value: {
      ...KEY,
      issuer: 'ACME',
      label: 'alice',
      otp_url: `otpauth://totp/ACME:alice?secret=${SECRET}&issuer=ACME&algorithm=SHA1&digits=6&period=30`,
      qrcode_url: 'http://127.0.0.1:50080/tools/v1/barcodes?type=qr_code&scale=6&data=NQFag0iK',
    },
  },
  verify: {
    summary: 'The codes of now and its neighbours',
    value: { ...KEY, otp_codes: { '-60s': '673108', '-30s': '697286', current: '078649', '+30s': '623843' } },
  },
};

const ERRORS = jsonErrors(ref('gentlent.Error'), 'action: is required: generate or verify', ({ message }) => ({
  error: message,
}));

export const gentlent: RestApiDescription = {
  tag: { name: TAG, description: 'The calls of Gentlent: a new secret, or the codes of one to compare with.' },
  paths: {
    '/tools/v1/otp': {
      post: {
        operationId: 'otp',
        tags: [TAG],
        summary: 'Makes a secret, or gives the codes of one',
        description:
          'The action `generate` needs the scope `generate`, and `verify` the scope `token`. The parameters may be in JSON, in a form or in the query.',
        requestBody: {
          content: {
            'application/json': { schema: ref('gentlent.OtpRequest'), examples: REQUESTS },
            'application/x-www-form-urlencoded': { schema: ref('gentlent.OtpRequest'), examples: REQUESTS },
          },
        },
        responses: {
          200: {
            description: 'The secret, or the codes.',
            headers: ANSWER_HEADER_REFS,
            content: {
              'application/json': { schema: { anyOf: [ref('gentlent.Secret'), ref('gentlent.Codes')] }, examples: RESPONSES },
            },
          },
          ...ERRORS,
        },
      },
    },
    '/tools/v1/barcodes': {
      get: {
        operationId: 'barcodes',
        tags: [TAG],
        summary: 'Draws the QR code of a secret that was just made',
        description: 'The address is the `qrcode_url` of an answer, which works for ten minutes. It needs no API key.',
        security: [],
        parameters: queryParameters(
          {
            type: { const: 'qr_code', description: 'The kind of picture.' },
            data: {
              type: 'string',
              description: 'Stands for the secret, which is not in the address.',
              minLength: 1,
              examples: ['NQFag0iK'],
            },
            scale: { type: 'integer', description: 'Pixels a module.', minimum: 1, maximum: 10, default: 2 },
          },
          ['type', 'data'],
        ),
        responses: {
          200: {
            description: 'The picture.',
            headers: ANSWER_HEADER_REFS,
            content: { 'image/png': { schema: { type: 'string', contentMediaType: 'image/png' } } },
          },
          ...ERRORS,
          404: answer('The address is not from an answer of the last ten minutes.', ref('gentlent.Error'), {
            error: 'data: is not from a qrcode_url of the last 10 minutes: generate again',
          }),
        },
      },
    },
  },
  schemas: {
    'gentlent.OtpRequest': {
      type: 'object',
      properties: {
        type: { const: 'time_based', description: 'The kind of code.' },
        action: { type: 'string', enum: ['generate', 'verify'], description: 'A new secret, or the codes of `secret`.' },
        label: { type: 'string', description: 'The account, as authenticator apps show it.', maxLength: 256 },
        issuer: { type: 'string', description: 'The service, as authenticator apps show it.', maxLength: 128 },
        digits: { enum: [6, 8, '6', '8'], description: 'The length of a code; 6 if unset.' },
        secret: { ...SECRET_FIELD, description: 'The secret whose codes to give; required for `verify`.' },
      },
      required: ['type', 'action'],
    },
    'gentlent.Secret': {
      type: 'object',
      properties: {
        algorithm: { const: 'SHA1' },
        digits: { enum: [6, 8] },
        issuer: { type: 'string' },
        label: { type: 'string' },
        otp_url: { type: 'string', description: 'The otpauth URI.' },
        period: { const: 30 },
        qrcode_url: { type: 'string', description: 'The address of the QR code, for ten minutes.' },
        secret: { type: 'string', description: 'The secret in base32.' },
        type: { const: 'totp' },
      },
      required: ['algorithm', 'digits', 'issuer', 'label', 'otp_url', 'period', 'qrcode_url', 'secret', 'type'],
    },
    'gentlent.Codes': {
      type: 'object',
      properties: {
        algorithm: { const: 'SHA1' },
        digits: { enum: [6, 8] },
        otp_codes: {
          type: 'object',
          description: 'The codes of now and its neighbours.',
          properties: Object.fromEntries(['-60s', '-30s', 'current', '+30s'].map((name) => [name, { type: 'string' }])),
          required: ['-60s', '-30s', 'current', '+30s'],
        },
        period: { const: 30 },
        secret: { type: 'string' },
        type: { const: 'totp' },
      },
      required: ['algorithm', 'digits', 'otp_codes', 'period', 'secret', 'type'],
    },
    'gentlent.Error': {
      type: 'object',
      properties: { error: { type: 'string', description: 'Says what to do.' } },
      required: ['error'],
    },
  },
};
