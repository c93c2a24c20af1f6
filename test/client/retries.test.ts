/** When the TypeScript client tries a call again, and the final error. */
import { expect, test, vi } from 'vitest';
import {
  type CallOptions,
  connect,
  type OtpClient,
  OtpError,
  toJson,
  VerifyResponseSchema,
} from '../../clients/typescript/src/index.ts';
import { VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { type Double, type SentError, startDouble, type VerifyAnswer } from '../support/double.ts';

const REQUEST = { key: { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } }, code: '123456' } as const;
const AWAY: SentError = { code: 14, message: 'the store is away', reason: 'ERROR_REASON_STORE_UNAVAILABLE' };

interface Trial {
  readonly client: OtpClient;
  readonly server: Double;
}

/** Calls a server with these answers; resolves to the error and the number of tries. */
async function fail(answers: readonly VerifyAnswer[], options: CallOptions = {}, meanwhile?: (trial: Trial) => unknown) {
  await using server = await startDouble({ verify: answers });
  using client = connect(server.address, 'any', { plaintext: true });
  const startedAt = performance.now();
  const failing = client.verify(REQUEST, options).catch((error: unknown) => error);
  if (meanwhile !== undefined) await vi.waitFor(() => expect(server.verified).toHaveLength(1), { interval: 5, timeout: 20_000 });
  meanwhile?.({ client, server });
  const error = await failing;
  if (!(error instanceof OtpError)) throw new Error('no OtpError');
  return { error, tries: server.verified.length, ms: performance.now() - startedAt };
}

test('four tries at most, and each error has the previous error as its cause', async () => {
  const messages = ['first', 'second', 'third', 'fourth'];
  // On a busy machine, the default deadline leaves no time for the fourth try.
  const { error, tries } = await fail(
    messages.map((message) => ({ ...AWAY, message })),
    { deadlineMs: 20_000 },
  );
  const found: string[] = [];
  for (let each: unknown = error; each instanceof OtpError; each = each.cause) found.unshift(each.message);
  expect({ found, tries }).toEqual({ found: messages, tries: 4 });
});

test('ResyncHotp is tried again too, under one request id', async () => {
  await using server = await startDouble({ resync: [AWAY, AWAY, { valid: true, status: VerifyStatus.ACCEPTED }] });
  using client = connect(server.address, 'any', { plaintext: true });
  const { key } = REQUEST;
  expect(await client.resyncHotp({ key, codes: ['111111', '222222'] })).toMatchObject({ valid: true });
  const ids = server.resynced.map(({ requestId }) => requestId);
  expect(ids).toHaveLength(3);
  expect(new Set(ids).size).toBe(1);
  expect(ids[0]).toMatch(/^[\da-f]{8}-/);
  await client.resyncHotp({ key, codes: [], requestId: 'mine' });
  expect(server.resynced.at(-1)?.requestId).toBe('mine');
});

test('an answer has a JSON form, 64-bit integers included', async () => {
  await using server = await startDouble({
    verify: [{ valid: true, status: VerifyStatus.ACCEPTED, matchedStep: 2n ** 53n - 1n }],
  });
  using client = connect(server.address, 'any', { plaintext: true });
  const response = await client.verify(REQUEST);
  expect(() => JSON.stringify(response)).toThrow(TypeError);
  const json = { valid: true, status: 'VERIFY_STATUS_ACCEPTED', matchedStep: '9007199254740991' };
  expect(toJson(VerifyResponseSchema, response)).toEqual(json);
});

test('an answer ends the tries', async () => {
  await using server = await startDouble({ verify: [AWAY, { valid: true, status: VerifyStatus.ACCEPTED }] });
  using client = connect(server.address, 'any', { plaintext: true });
  expect(await client.verify(REQUEST)).toMatchObject({ valid: true });
  expect(server.verified).toHaveLength(2);
});

test('a recovery code is tried again under one request id, which the client makes if there is none', async () => {
  const request = { set: { blob: 'otpr1_' }, code: '0000-0000-0000-0000' };
  await using server = await startDouble({ recovery: [AWAY, { valid: true, status: VerifyStatus.ACCEPTED }] });
  using client = connect(server.address, 'any', { plaintext: true });
  expect(await client.verifyRecoveryCode(request)).toMatchObject({ valid: true });
  const [first, second] = server.recovered.map(({ requestId }) => requestId);
  expect(first).toMatch(/^[0-9a-f-]{36}$/);
  expect(second).toBe(first);
  await client.verifyRecoveryCode({ ...request, requestId: '01234567-89ab-4cde-8f01-23456789abcd' });
  expect(server.recovered.at(-1)?.requestId).toBe('01234567-89ab-4cde-8f01-23456789abcd');
});

test.each<[string, Partial<SentError>]>([
  ['another code', { code: 8 }],
  ['a server that asks not to', { pushback: '-1' }],
  ['a wish that cannot be read', { pushback: 'soon' }],
])('no second try after %s', async (_, change) => {
  const { error, tries } = await fail([{ ...AWAY, ...change }]);
  expect({ tries, message: error.message, cause: error.cause }).toEqual({ tries: 1, message: AWAY.message, cause: undefined });
});

test.each<[string, Partial<SentError>]>([
  ['by gRPC', { pushback: '400' }],
  ['in the details', { retryAfterMs: 400 }],
])('the server has its pause, asked for %s', async (_, wish) => {
  const { ms, tries } = await fail([
    { ...AWAY, ...wish },
    { code: 5, message: 'over' },
  ]);
  expect(tries).toBe(2);
  expect(ms).toBeGreaterThanOrEqual(399);
});

test.each<[string, Partial<SentError>]>([
  ['by gRPC', { pushback: '60000' }],
  ['in the details', { retryAfterMs: 60_000 }],
])('a pause beyond the deadline, asked for %s, ends the call at once with what the server said', async (_, wish) => {
  const { error, tries, ms } = await fail([{ ...AWAY, ...wish }], { deadlineMs: 30_000 });
  expect({ tries, code: error.code, reason: error.reason }).toEqual({ tries: 1, code: 'UNAVAILABLE', reason: AWAY.reason });
  expect(ms).toBeLessThan(20_000);
});

test('a pause ends with what the server said once the signal is aborted, or the client closed', async () => {
  const later = { ...AWAY, pushback: '60000' };
  const leaving = new AbortController();
  const ends: readonly [CallOptions, (trial: Trial) => void][] = [
    [{ signal: leaving.signal }, () => leaving.abort()],
    [{}, ({ client }) => client.close()],
  ];
  for (const [options, end] of ends) {
    const afterAnswer = (trial: Trial) => setTimeout(() => end(trial), 100);
    const { error, tries, ms } = await fail([later], { ...options, deadlineMs: 600_000 }, afterAnswer);
    expect({ tries, message: error.message }).toEqual({ tries: 1, message: AWAY.message });
    expect(ms).toBeLessThan(30_000);
  }
});
