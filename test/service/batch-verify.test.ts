/** BatchVerify without a server: a store that is away, a caller who has left, and what is audited. */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from 'vitest';
import { ErrorReasonSchema } from '../../gen/ts/otp/v1/error_reason_pb.ts';
import { BatchVerifyRequestSchema, type BatchVerifyResponse, VerifyStatusSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import type { AuditEvent } from '../../src/ports/audit.ts';
import type { Attempt, CodeStore } from '../../src/ports/codes.ts';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import type { CallContext } from '../../src/rpc/context.ts';
import { createBatchVerify } from '../../src/service/batch-verify.ts';
import { createFingerprints } from '../../src/verification/fingerprint.ts';
import { callContext } from '../support/context.ts';
import { createMemoryCodes } from '../support/memory-codes.ts';

type Requests = MessageInitShape<typeof BatchVerifyRequestSchema>['requests'];

/** RFC 6238 appendix B: step 1, whose code is 287082. */
const NOW = 59_000;
const RIGHT = { key: { source: { case: 'secret', value: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' } }, code: '287082' } as const;
const MISTYPED = { ...RIGHT, code: '2870' };
const BAD = { ...RIGHT, code: '' };
const AWAY = new StoreUnavailableError(new Error('away'));

let codes: CodeStore;
let batches: (readonly Attempt[])[];
let events: AuditEvent[];
let givenBack: number[];
let isKnown: boolean;

beforeEach(() => {
  [batches, events, givenBack, isKnown] = [[], [], [], true];
  const memory = createMemoryCodes();
  codes = {
    ...memory,
    judge: () => Promise.reject(new Error('judged alone')),
    judgeAll(attempts, now) {
      batches.push(attempts);
      return memory.judgeAll(attempts, now);
    },
  };
});

function verify(requests: Requests, overrides: Partial<CallContext> = {}): Promise<BatchVerifyResponse> {
  const handler = createBatchVerify({
    codes,
    knows: () => isKnown,
    fingerprints: createFingerprints(new Uint8Array(32)),
    audit: (event) => void events.push(event),
  });
  const context = callContext({ now: () => NOW, giveBack: (count) => void givenBack.push(count), ...overrides });
  return handler(create(BatchVerifyRequestSchema, { requests: requests ?? [] }), context);
}

const toldOf = ({ results }: BatchVerifyResponse) =>
  results.map(({ result }) =>
    result.case === 'response'
      ? VerifyStatusSchema.value[result.value.status]?.localName
      : ErrorReasonSchema.value[result.value?.reason ?? 0]?.localName,
  );

describe('all that can be judged', () => {
  it('is judged together, once, and each judgement is audited', async () => {
    expect(toldOf(await verify([RIGHT, BAD, MISTYPED, RIGHT, { ...RIGHT, code: '000000' }]))).toEqual([
      'ACCEPTED',
      'INVALID_FIELDS',
      'MALFORMED',
      'REPLAYED',
      'MISMATCH',
    ]);
    expect(batches.map(({ length }) => length)).toEqual([3]);
    expect(events.map(({ event }) => event)).toEqual(['verify.accepted', 'verify.replayed', 'verify.refused']);
    for (const event of events) expect(event).toMatchObject({ requestId: 'call', actor: { keyId: 'caller' } });
    expect(givenBack).toEqual([1]);
  });

  it('may be nothing: then the store is not asked', async () => {
    isKnown = false;
    codes = { ...codes, judgeAll: () => Promise.reject(AWAY) };
    expect(toldOf(await verify([BAD, MISTYPED]))).toEqual(['INVALID_FIELDS', 'MALFORMED']);
  });
});

describe('a store that is away', () => {
  it('before anything is judged fails the whole call', async () => {
    codes = { ...codes, judgeAll: () => Promise.reject(AWAY) };
    await expect(verify([RIGHT, BAD, MISTYPED])).rejects.toBe(AWAY);
    expect([events, givenBack]).toEqual([[], []]);
  });

  it('and has lost the API key of the caller fails the whole call, and nothing is judged', async () => {
    isKnown = false;
    await expect(verify([RIGHT])).rejects.toMatchObject({ reason: 'store_unavailable' });
    expect(batches).toEqual([]);
  });

  it('in the middle fails the items that it did not judge, or may not have', async () => {
    const { judgeAll } = codes;
    codes = { ...codes, judgeAll: async (attempts, now) => (await judgeAll(attempts, now)).with(1, AWAY) };
    const response = await verify([RIGHT, RIGHT, { ...RIGHT, code: '000000' }]);
    expect(toldOf(response)).toEqual(['ACCEPTED', 'STORE_UNAVAILABLE', 'MISMATCH']);
    expect(response.results[1]?.result).toMatchObject({ case: 'error', value: { retryAfter: { seconds: 1n } } });
    expect(events.map(({ event }) => event)).toEqual(['verify.accepted', 'verify.refused']);
    expect(givenBack).toEqual([1]);
  });

  it('or has a fault with an item fails that item, and the log hears of it', async () => {
    const faults: unknown[] = [];
    const fault = new TypeError('what is kept cannot be read');
    const { judgeAll } = codes;
    codes = { ...codes, judgeAll: async (attempts, now) => (await judgeAll(attempts, now)).with(0, fault) };
    expect(toldOf(await verify([RIGHT, RIGHT], { noteFault: (one) => void faults.push(one) }))).toEqual(['INTERNAL', 'REPLAYED']);
    expect(faults).toEqual([fault]);
  });
});

it('a caller who has left before the last item is read has nothing judged', async () => {
  const call = { ended: false, transport: 'grpc' as const };
  const running = verify([RIGHT, RIGHT], { call });
  call.ended = true;
  await expect(running).rejects.toMatchObject({ reason: 'deadline_exceeded' });
  expect([batches, events]).toEqual([[], []]);
});
