/** BatchVerify without a server: an unavailable store, a caller who has left, and the audit events. */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from 'vitest';
import { ErrorReasonSchema } from '../../gen/ts/otp/v1/error_reason_pb.ts';
import { OtpType } from '../../gen/ts/otp/v1/key_pb.ts';
import { BatchVerifyRequestSchema, type BatchVerifyResponse, VerifyStatusSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { hotpCode } from '../../src/otp/hotp.ts';
import type { AuditEvent } from '../../src/ports/audit.ts';
import type { Attempt, CodeStore } from '../../src/ports/codes.ts';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import type { CallContext } from '../../src/rpc/context.ts';
import { createTurns } from '../../src/rpc/work-queue.ts';
import { createSealing } from '../../src/sealing/sealing.ts';
import { createBatchVerify } from '../../src/service/batch-verify.ts';
import type { VerifyPorts } from '../../src/service/verify.ts';
import { createFingerprints } from '../../src/verification/fingerprint.ts';
import { ringOf } from '../sealing/rings.ts';
import { callContext } from '../support/context.ts';
import { createMemoryCodes } from '../support/memory-codes.ts';

type Requests = MessageInitShape<typeof BatchVerifyRequestSchema>['requests'];

/** RFC 6238 appendix B: step 1, whose code is 287082. */
const NOW = 59_000;
const RIGHT = { key: { source: { case: 'secret', value: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' } }, code: '287082' } as const;
const SECRET = Buffer.from('12345678901234567890');
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
  const ports: VerifyPorts = {
    codes,
    knows: () => isKnown,
    fingerprints: createFingerprints(new Uint8Array(32)),
    sealing: createSealing(ringOf(1)),
    audit: (event) => void events.push(event),
  };
  const handler = createBatchVerify(ports, createTurns());
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

  it('is judged in the order of the items, though some take longer to compare than those behind them', async () => {
    const hotp = (counter: number) => ({
      key: { ...RIGHT.key, type: OtpType.HOTP, counter: 0n },
      code: hotpCode(SECRET, counter, { algorithm: 'SHA1', digits: 6 }),
    });
    const long = (counter: number) => ({ ...hotp(counter), lookAhead: 100 });
    const short = (counter: number) => ({ ...hotp(counter), lookAhead: 10 });
    const items = [long(1), short(2), long(3), { ...RIGHT, code: '000000' }, short(4), long(90), short(5)];
    const statuses = toldOf(await verify(items));
    expect(statuses).toEqual(['ACCEPTED', 'ACCEPTED', 'ACCEPTED', 'MISMATCH', 'ACCEPTED', 'ACCEPTED', 'REPLAYED']);
    expect(batches.map((batch) => batch.map(({ step }) => step))).toEqual([[1, 2, 3, undefined, 4, 90, 5]]);
  });

  it('may be nothing: then the store is not asked', async () => {
    isKnown = false;
    codes = { ...codes, judgeAll: () => Promise.reject(AWAY) };
    expect(toldOf(await verify([BAD, MISTYPED]))).toEqual(['INVALID_FIELDS', 'MALFORMED']);
  });
});

describe('an unreachable store', () => {
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

it('a caller who has left by the time that all items are compared has nothing judged', async () => {
  const call = { ended: false, transport: 'grpc' as const };
  let begun = 0;
  const now = () => {
    begun += 1;
    call.ended = begun === 2;
    return NOW;
  };
  await expect(verify([RIGHT, RIGHT], { call, now })).rejects.toMatchObject({ reason: 'deadline_exceeded' });
  expect([begun, batches]).toEqual([2, []]);
});
