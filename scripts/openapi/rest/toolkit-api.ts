/** ToolkitAPI: `GET /v1/auth/totp-generate`. */
import { answer, jsonErrors, queryParameters, type RestApiDescription, ref } from './operation.ts';

const TAG = 'ToolkitAPI';

export const toolkitApi: RestApiDescription = {
  tag: {
    name: TAG,
    description: 'The call of ToolkitAPI: a new secret, ready to enrol. The API key is sent as `authorization: Bearer`.',
  },
  paths: {
    '/v1/auth/totp-generate': {
      get: {
        operationId: 'totpGenerate',
        tags: [TAG],
        summary: 'Makes a secret with its QR code',
        description: 'Needs the scope `generate`.',
        security: [{ bearer: [] }, { apiKey: [] }],
        parameters: queryParameters(
          {
            issuer: { type: 'string', description: 'The application or service.', maxLength: 128, examples: ['MyApp'] },
            account_name: {
              type: 'string',
              description: "The user's name or e-mail address.",
              minLength: 1,
              maxLength: 256,
              examples: ['alice@example.com'],
            },
            digits: { type: 'integer', description: 'The length of a code.', enum: [6, 8], default: 6 },
            period: { type: 'integer', description: 'The time step in seconds.', minimum: 10, maximum: 120, default: 30 },
            algorithm: { type: 'string', description: 'The hash function.', enum: ['SHA1', 'SHA256', 'SHA512'], default: 'SHA1' },
          },
          ['account_name'],
        ),
        responses: {
          200: answer('The secret.', ref('toolkitapi.Secret'), {
            secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
            uri: 'otpauth://totp/MyApp:alice%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=MyApp&algorithm=SHA1&digits=6&period=30',
            qr_code: 'data:image/png;base64,iVBORw0KGgo=',
            current_code: '482193',
          }),
          ...jsonErrors(ref('toolkitapi.Error'), 'digits: must be 6 or 8', ({ message }) => ({ detail: message })),
        },
      },
    },
  },
  schemas: {
    'toolkitapi.Secret': {
      type: 'object',
      properties: {
        secret: { type: 'string', description: 'The secret in base32.' },
        uri: { type: 'string', description: 'The otpauth URI that the QR code holds.' },
        qr_code: { type: 'string', description: 'The QR code as a PNG in a `data:` URI.' },
        current_code: { type: 'string', description: 'The current code.' },
      },
      required: ['secret', 'uri', 'qr_code', 'current_code'],
    },
    'toolkitapi.Error': {
      type: 'object',
      properties: { detail: { type: 'string', description: 'Says what to do.' } },
      required: ['detail'],
    },
  },
};
