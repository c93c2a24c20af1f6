/** The rules of every batch: the number of items, their cost, the errors of each, and the turns of other calls. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { Code } from '../../gen/ts/google/rpc/code_pb.ts';
import { ErrorReason } from '../../gen/ts/otp/v1/error_reason_pb.ts';
import { InvalidInputError } from '../../src/otp/error.ts';
import { Rejection, type RejectionReason } from '../../src/ports/rejection.ts';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import type { CallContext } from '../../src/rpc/context.ts';
import { itemErrorOf, runItems } from '../../src/service/batch.ts';
import { callContext } from '../support/context.ts';

let told: unknown[];
let call: { ended: boolean; transport: 'grpc' };
let context: CallContext;

beforeEach(() => {
  told = [];
  call = { ended: false, transport: 'grpc' };
  context = callContext({
    call,
    charge: (cost) => void told.push(`charge ${cost}`),
    giveBack: (count) => void told.push(`give back ${count}`),
    noteFault: (fault) => void told.push(fault),
  });
});

const numbers = (count: number) => Array.from({ length: count }, (_, place) => place);
const answer = (value: unknown) => ({ case: 'response', value }) as const;
const invalid = (field: string) => new InvalidInputError([{ field, description: 'wrong' }]);

describe('a batch', () => {
  it.each([0, 101, 5000])('of %d items is refused before it is charged', async (count) => {
    const running = runItems(numbers(count), context, answer, { field: 'requests' });
    await expect(running).rejects.toMatchObject({ violations: [{ field: 'requests' }] });
    expect(told).toEqual([]);
  });

  it.each([
    [1, []],
    [2, ['charge 1']],
    [100, ['charge 99']],
  ])('of %d items is charged before the first, and has as many outcomes in their order', async (count, expected) => {
    const seen: number[] = [];
    const outcomes = await runItems(numbers(count), context, (item) => {
      if (item === 0) expect(told).toEqual(expected);
      seen.push(item);
      return item % 2 ? answer(item) : Promise.resolve(answer(item));
    });
    expect(outcomes).toEqual(numbers(count).map(answer));
    expect(seen).toEqual(numbers(count));
    expect(told).toEqual(expected);
  });

  it('whose rest is refused begins nothing', async () => {
    const charge = async () => Promise.reject(new Rejection('rate_limited'));
    const begun: number[] = [];
    const running = runItems(numbers(9), { ...context, charge }, (item) => answer(begun.push(item)));
    await expect(running).rejects.toThrow('rate_limited');
    expect(begun).toEqual([]);
  });

  it('with bad items among good ones has an error for each, which is not paid for', async () => {
    const outcomes = await runItems(numbers(100), context, (item) => {
      if (item === 3) throw invalid('key.uri');
      return item === 99 ? Promise.reject(new Rejection('request_id_reused')) : answer(item);
    });
    expect(outcomes[3]).toMatchObject({ case: 'error', value: { violations: [{ field: 'key.uri', description: 'wrong' }] } });
    expect(outcomes[99]).toMatchObject({ case: 'error', value: { reason: ErrorReason.REQUEST_ID_REUSED, violations: [] } });
    expect(outcomes.filter(({ case: which }) => which === 'response')).toHaveLength(98);
    expect(told).toEqual(['charge 99', 'give back 2']);
  });

  it('with a fault of the server returns only INTERNAL, and logs the fault', async () => {
    const fault = new TypeError('a secret of ours');
    const outcomes = await runItems(numbers(3), context, (item) => {
      if (item === 1) throw fault;
      return answer(item);
    });
    expect(outcomes[1]).toMatchObject({ case: 'error', value: { code: Code.INTERNAL, reason: ErrorReason.INTERNAL } });
    expect(JSON.stringify(outcomes)).not.toContain('a secret of ours');
    expect(told).toEqual(['charge 2', 'give back 1', fault]);
  });

  it('with several faults has them logged together, with the first as the cause', async () => {
    await runItems(numbers(3), context, (item) => Promise.reject(new Error(`fault ${item}`)));
    const [, , logged] = told as [unknown, unknown, AggregateError];
    expect(logged.errors.map(({ message }: Error) => message)).toEqual(['fault 0', 'fault 1', 'fault 2']);
    expect(logged.cause).toBe(logged.errors[0]);
  });
});

describe('a call that ends', () => {
  it('while its rest is charged begins nothing', async () => {
    const charge = async () => {
      call.ended = true;
    };
    const begun: number[] = [];
    const running = runItems(numbers(2), { ...context, charge }, (item) => answer(begun.push(item)));
    await expect(running).rejects.toMatchObject({ reason: 'deadline_exceeded' });
    expect(begun).toEqual([]);
  });

  it('in the middle begins no more', async () => {
    const begun: number[] = [];
    const running = runItems(numbers(100), context, (item) => {
      begun.push(item);
      hold(1);
      call.ended = item === 40;
      return answer(item);
    });
    await expect(running).rejects.toMatchObject({ reason: 'deadline_exceeded' });
    expect(begun).toEqual(numbers(41));
  });
});

it('others have their turn between the items, of several batches too', async () => {
  let begun = 0;
  let isRunning = true;
  const running = Promise.all(
    numbers(3).map(() =>
      runItems(numbers(20), context, (item) => {
        begun += 1;
        hold(0.5);
        return answer(item);
      }),
    ),
  ).finally(() => {
    isRunning = false;
  });
  const inTurns: number[] = [];
  while (isRunning) {
    const before = begun;
    await nextTurn();
    inTurns.push(begun - before);
  }
  await running;
  // A turn begins at most one item of half a millisecond.
  expect([begun, Math.max(...inTurns)]).toEqual([60, 1]);
});

it('that finds a thousand batches waiting for their turn is refused', async () => {
  const crowd = numbers(1000).map(() => runItems(numbers(1), context, answer));
  // Each item is charged first.
  await Promise.resolve();
  await Promise.resolve();
  await expect(runItems(numbers(1), context, answer)).rejects.toMatchObject({ reason: 'deadline_exceeded' });
  expect((await Promise.all(crowd)).flat()).toHaveLength(1000);
});

/** Blocks the event loop. */
function hold(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe('the error of an item', () => {
  it.each([
    ['request_id_reused', Code.INVALID_ARGUMENT, ErrorReason.REQUEST_ID_REUSED],
    ['scope_missing', Code.PERMISSION_DENIED, ErrorReason.SCOPE_MISSING],
    ['sealed_key_invalid', Code.INVALID_ARGUMENT, ErrorReason.SEALED_KEY_INVALID],
    ['sealing_key_unknown', Code.FAILED_PRECONDITION, ErrorReason.SEALING_KEY_UNKNOWN],
    ['enrolment_pending', Code.FAILED_PRECONDITION, ErrorReason.ENROLMENT_PENDING],
    ['enrolment_expired', Code.FAILED_PRECONDITION, ErrorReason.ENROLMENT_EXPIRED],
  ] as const)('is that of a call: %s', (reason: RejectionReason, code, expected) => {
    const error = itemErrorOf(new Rejection(reason));
    expect(error).toMatchObject({ code, reason: expected, violations: [], retryAfter: undefined });
    expect(error.message).toMatch(/^[\x20-\x7e]+: [\x20-\x7e]+$/);
  });

  it('says when to try again where that makes sense', () => {
    expect(itemErrorOf(new StoreUnavailableError(new Error('away')))).toMatchObject({
      code: Code.UNAVAILABLE,
      reason: ErrorReason.STORE_UNAVAILABLE,
      retryAfter: { seconds: 1n, nanos: 0 },
    });
  });

  it('names each field that is wrong', () => {
    const violations = [
      { field: 'key.uri', description: 'one' },
      { field: 'code', description: 'other' },
    ];
    const error = itemErrorOf(new InvalidInputError(violations));
    expect(error).toMatchObject({ code: Code.INVALID_ARGUMENT, reason: ErrorReason.INVALID_FIELDS, violations });
    expect(error.message).toContain('key.uri: one; code: other');
  });
});
