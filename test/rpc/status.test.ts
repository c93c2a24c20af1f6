/** The status for callers: the message names the first fields, and contains no text of the caller. */
import { fromBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { BadRequestSchema } from '../../gen/ts/google/rpc/error_details_pb.ts';
import { StatusSchema } from '../../gen/ts/google/rpc/status_pb.ts';
import { InvalidInputError } from '../../src/otp/error.ts';
import { Rejection } from '../../src/ports/rejection.ts';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { statusOf } from '../../src/rpc/status.ts';
import table from '../vectors/bad-requests.json' with { type: 'json' };

function statusFor(violations: readonly string[]) {
  return statusOf(
    new InvalidInputError(
      violations.map((text) => ({ field: text.slice(0, text.indexOf(': ')), description: text.slice(text.indexOf(': ') + 2) })),
    ),
    'id',
  );
}

it.each([
  ['scope_missing', { scope: 'seal' }, 'the scope seal,'],
  ['sealing_key_unknown', { sealing_key: '828e2ad3', field: 'key.sealed' }, 'the sealing key 828e2ad3,'],
  ['too_many_streams', { limit: '2' }, 'has 2 open streams'],
] as const)('the message of %s names what the metadata has', (reason, metadata, words) => {
  expect(statusOf(new Rejection(reason, { metadata }), 'id').message).toContain(words);
});

describe('the message for invalid fields', () => {
  it.each([
    [['a: b'], 'the request has invalid fields: a: b'],
    [['a: b', 'c.d: e: f'], 'the request has invalid fields: a: b; c.d: e: f'],
    [['a: b', 'c: d', 'e: f'], 'the request has invalid fields: a: b; c: d; e: f'],
    [['a: b', 'c: d', 'e: f', 'g: h'], 'the request has invalid fields: a: b; c: d; e: f; and 1 more in the BadRequest details'],
    [
      ['a: b', 'c: d', 'e: f', 'g: h', 'i: j'],
      'the request has invalid fields: a: b; c: d; e: f; and 2 more in the BadRequest details',
    ],
  ])('of %j', (violations, message) => {
    const { details, ...status } = statusFor(violations);
    expect(status.message).toBe(message);
    const inner = fromBinary(StatusSchema, details);
    expect(inner.message).toBe(message);
    const badRequest = inner.details.map((any) => anyUnpack(any, BadRequestSchema)).find((detail) => detail !== undefined);
    expect(badRequest?.fieldViolations).toHaveLength(violations.length);
  });

  it.each(table.requests)('is short, and ASCII, for $method: $name', ({ violations }) => {
    expect(statusFor(violations).message).toMatch(/^the request has invalid fields: [\x20-\x7e]{1,450}$/);
  });
});

it.each(['api_key_missing', 'api_key_invalid'] as const)('%s says that spaces and line breaks belong to no key', (reason) => {
  expect(statusOf(new Rejection(reason), 'id').message).toMatch(/space.* or line break/);
});

it.each([
  ['a call', new Rejection('store_unavailable')],
  ['a look-up', new StoreUnavailableError(new Error('away'))],
])('%s that the store did not answer may be tried again after a second', (_, error) => {
  expect(statusOf(error, 'id').retryAfterMs).toBe(1000);
  expect(statusOf(new Rejection('store_unavailable', { retryAfterMs: 7 }), 'id').retryAfterMs).toBe(7);
});
