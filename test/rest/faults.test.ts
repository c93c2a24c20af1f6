/** An unavailable store, or a fault of the server: 503 and 500 in the form of each API, without the cause. */
import { expect, it } from 'vitest';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { postJson, SECRET, startRestServer } from './rest-server.ts';

const CALLS = {
  '/tools/v1/otp': postJson({ type: 'time_based', action: 'generate' }),
  '/v1/auth/totp-generate?account_name=alice': {},
  '/api/2fa/generate': postJson({ secret: SECRET }),
  '/v1/totpgenerator': postJson({ secret: SECRET }),
  '/v1/graphql': postJson({ query: '{ __typename }' }),
};

const text = (words: string) => expect.stringContaining(words);
const shapes = (code: number, words: string, twoFa: unknown) => [
  [code, { error: text(words) }],
  [code, { detail: text(words) }],
  [code, twoFa],
  [code, { status: 'error', error: text(words), data: null }],
  [code, { errors: [{ message: text(words), extensions: { code } }] }],
];

it.each([
  [
    new StoreUnavailableError(new Error('the canary')),
    shapes(503, 'cannot be reached', { code: 503, message: text('cannot be reached'), data: { retry_after: 1 } }),
    '1',
  ],
  [
    new TypeError('the canary'),
    shapes(500, 'an internal error', { code: 500, message: 'Internal Server Error', data: null }),
    null,
  ],
])('%s', async (error, answers, retryAfter) => {
  const memory = createMemoryStore();
  const store = { ...memory, keys: { ...memory.keys, findMany: () => Promise.reject(error) } };
  const server = await startRestServer({ store });
  const replies = await Promise.all(Object.entries(CALLS).map(([path, init]) => server.askWithKey(path, init)));
  await server.close();
  expect(replies.map(({ status, json }) => [status, json])).toEqual(answers);
  for (const { headers } of replies) {
    expect(headers.get('retry-after')).toBe(retryAfter);
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  }
  expect(replies.map(({ text: body }) => body).join('')).not.toContain('canary');
});
