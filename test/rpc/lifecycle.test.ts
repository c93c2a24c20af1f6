/** The lifecycle without a door: the order of its steps, its single end, and its refunds. */
import { create, type Message, toBinary } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Code } from '../../gen/ts/google/rpc/code_pb.ts';
import { OtpService } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import type { Admission } from '../../src/limits/admission.ts';
import { Rejection } from '../../src/ports/rejection.ts';
import type { WindowState } from '../../src/ports/store.ts';
import { Call, type Incoming, STEPS, type Step } from '../../src/rpc/call.ts';
import { createCallerAddress } from '../../src/rpc/caller-address.ts';
import type { CallContext } from '../../src/rpc/context.ts';
import { createLifecycle, type Lifecycle } from '../../src/rpc/lifecycle.ts';
import type { Method } from '../../src/rpc/method.ts';

const PROCEDURE = '/otp.v1.OtpService/Token';
const REQUEST = toBinary(OtpService.method.token.input, create(OtpService.method.token.input));
const principal = { keyId: 'one', plan: 'free', scopes: new Set(['token' as const]), tenant: 'default' };

let steps: Step[];
let ends: { code: Code; requestId: string }[];
let settled: boolean[];
let handled: boolean;
let charged: number[];
/** The API keys whose open streams were released. */
let released: string[];
/** The work of the handler besides its answer. */
let work: (context: CallContext) => void | Promise<void>;

beforeEach(() => {
  steps = [];
  ends = [];
  settled = [];
  handled = false;
  charged = [];
  released = [];
  work = () => undefined;
});

function lifecycleOf(admission: 'at once' | 'late' = 'at once', kind: Method['kind'] = 'unary'): Lifecycle {
  const method = {
    kind,
    descriptor: OtpService.method.token,
    scope: 'token',
    handle: (_: Message, context: CallContext) => {
      handled = true;
      const response = { $typeName: 'otp.v1.TokenResponse', ended: context.call.ended };
      const working = work(context);
      return working instanceof Promise ? working.then(() => response) : response;
    },
  } as unknown as Method;
  return createLifecycle({
    methods: [method],
    clock: Date.now,
    callerAddress: createCallerAddress([{ family: 'ipv4', address: '10.0.0.0', prefix: 8 }]),
    admit: {
      admit({ take }) {
        const rest = (): Admission => {
          for (const step of ['charge', 'scope'] as const) take(step);
          return {
            principal,
            get quota() {
              return charged.length === 0 ? undefined : quotaAfter(charged);
            },
            creditShare: undefined,
            charge(cost) {
              const count = (): void => {
                charged.push(cost);
                if (cost === 1000) throw new Rejection('rate_limited');
              };
              return admission === 'late' ? Promise.resolve().then(count) : count();
            },
            giveBack: (count) => void charged.push(-count),
            settle: (failed) => void settled.push(failed),
          };
        };
        take('authenticate');
        return admission === 'late' ? Promise.resolve().then(rest) : rest();
      },
      openStream:
        ({ keyId }) =>
        () =>
          void released.push(keyId),
    },
    hooks: {
      onStep: (_, step) => void steps.push(step),
      onEnd: ({ requestId }, code) => void ends.push({ code, requestId }),
    },
  });
}

function quotaAfter(costs: readonly number[]): WindowState {
  const used = costs.reduce((sum, cost) => sum + cost, 1);
  return { window: { name: 'hour', periodMs: 1, limit: 100, refundable: true }, remaining: 100 - used, resetMs: 0 };
}

function incoming(headers: Record<string, string> = {}, more: Partial<Incoming> = {}): Incoming {
  const header = (name: string) => headers[name];
  return {
    transport: 'grpc',
    procedure: PROCEDURE,
    peer: '192.0.2.1:5',
    header,
    isOversize: false,
    timeoutMs: undefined,
    isStream: false,
    ...more,
  };
}

test('a call takes every step, in this order', async () => {
  const lifecycle = lifecycleOf('late');
  const call = lifecycle.begin(incoming({ 'x-request-id': 'mine' }), () => undefined);
  await lifecycle.admit(call);
  expect(await lifecycle.handle(call, REQUEST)).toMatchObject({ ended: false });
  lifecycle.end(call, Code.OK);
  expect(steps).toEqual(STEPS.filter((step) => step !== 'charge_rest'));
  expect(STEPS).toEqual(['begin', 'authenticate', 'charge', 'scope', 'decode', 'handle', 'charge_rest', 'end']);
  expect(ends).toEqual([{ code: Code.OK, requestId: 'mine' }]);
  expect(settled).toEqual([false]);
});

describe('a call with several parts', () => {
  test.each(['at once', 'late'] as const)(
    'is charged the rest after decoding, counted %s, and learns the state',
    async (when) => {
      work = async (context) => {
        await context.charge(99);
        context.giveBack(40);
      };
      const lifecycle = lifecycleOf(when);
      const call = lifecycle.begin(incoming(), () => undefined);
      await lifecycle.admit(call);
      expect(call.quota).toBeUndefined();
      await lifecycle.handle(call, REQUEST);
      expect(call.quota?.remaining).toBe(40);
      lifecycle.end(call, Code.OK);
      expect(steps).toEqual([...STEPS]);
      expect([charged, settled]).toEqual([[99, -40], [false]]);
    },
  );

  test.each(['at once', 'late'] as const)('has the state of the limits after the rest is counted %s', async (when) => {
    work = (context) => context.charge(99);
    const lifecycle = lifecycleOf(when);
    const call = lifecycle.begin(incoming(), () => undefined);
    await lifecycle.admit(call);
    await lifecycle.handle(call, REQUEST);
    expect(call.quota?.remaining).toBe(0);
  });

  test.each(['at once', 'late'] as const)('has the state of the limits after the rest is refused %s', async (when) => {
    work = (context) => context.charge(1000);
    const lifecycle = lifecycleOf(when);
    const call = lifecycle.begin(incoming(), () => undefined);
    await lifecycle.admit(call);
    await expect((async () => lifecycle.handle(call, REQUEST))()).rejects.toThrow('rate_limited');
    expect(call.quota?.remaining).toBe(-901);
  });

  test('is charged no second rest', async () => {
    work = async (context) => {
      await context.charge(2);
      await context.charge(3);
    };
    const lifecycle = lifecycleOf();
    const call = lifecycle.begin(incoming(), () => undefined);
    lifecycle.admit(call);
    await expect(lifecycle.handle(call, REQUEST)).rejects.toThrow('charge_rest cannot follow charge_rest');
    expect(charged).toEqual([2]);
  });

  test('is charged no rest after its end', async () => {
    work = async (context) => {
      await Promise.resolve();
      await context.charge(2);
    };
    const lifecycle = lifecycleOf();
    const call = lifecycle.begin(incoming(), () => undefined);
    lifecycle.admit(call);
    const handling = lifecycle.handle(call, REQUEST);
    lifecycle.end(call, Code.DEADLINE_EXCEEDED);
    await expect(handling).rejects.toMatchObject({ reason: 'deadline_exceeded' });
    expect([charged, settled]).toEqual([[], [true]]);
  });
});

test('a fault that does not fail the call is noted for its log, the first of several', () => {
  const faults = [new Error('one'), new Error('other')];
  work = (context) => {
    for (const fault of faults) context.noteFault(fault);
  };
  const lifecycle = lifecycleOf();
  const call = lifecycle.begin(incoming(), () => undefined);
  lifecycle.admit(call);
  lifecycle.handle(call, REQUEST);
  expect(call.fault).toBe(faults[0]);
});

test.each(STEPS.slice(2, -1).map((step, before) => [step, STEPS[before]]))('the step %s cannot follow %s', (step, before) => {
  const call = new Call(incoming(), { peer: '', requestId: '', method: undefined }, () => undefined);
  for (const taken of STEPS.slice(1, STEPS.indexOf(before as Step) + 1)) call.take(taken);
  expect(() => call.take(step as Step)).toThrow('cannot follow');
});

test('a door that does not ask for admission gets no answer', () => {
  const lifecycle = lifecycleOf();
  const call = lifecycle.begin(incoming(), () => undefined);
  expect(() => lifecycle.handle(call, REQUEST)).toThrow('cannot follow');
  expect(handled).toBe(false);
});

test('a caller who leaves during admission is refunded, and holds nothing', async () => {
  const lifecycle = lifecycleOf('late');
  const call = lifecycle.begin(incoming(), () => undefined);
  const admitted = lifecycle.admit(call);
  lifecycle.end(call, Code.CANCELLED);
  await admitted;
  expect([call.admission, call.ended]).toEqual([undefined, true]);
  expect(settled).toEqual([true]);
  expect(steps.at(-1)).toBe('end');
  expect(() => lifecycle.handle(call, REQUEST)).toThrow('ended');
});

test('only the first end counts', () => {
  const lifecycle = lifecycleOf();
  const call = lifecycle.begin(incoming(), () => undefined);
  lifecycle.end(call, Code.INTERNAL);
  lifecycle.end(call, Code.OK);
  expect(ends.map(({ code }) => code)).toEqual([Code.INTERNAL]);
});

test.each([
  [Code.OK, false],
  [Code.INVALID_ARGUMENT, true],
  [Code.DEADLINE_EXCEEDED, true],
  [Code.UNAVAILABLE, true],
  [Code.CANCELLED, true],
])('a call that ends with %s before it is handled is given back unless it succeeded', (code, isGivenBack) => {
  const lifecycle = lifecycleOf();
  const call = lifecycle.begin(incoming(), () => undefined);
  lifecycle.admit(call);
  lifecycle.end(call, code);
  expect(settled).toEqual([isGivenBack]);
});

test('a call whose caller leaves while it is handled is not refunded', () => {
  const lifecycle = lifecycleOf();
  const call = lifecycle.begin(incoming(), () => undefined);
  lifecycle.admit(call);
  lifecycle.handle(call, REQUEST);
  lifecycle.end(call, Code.CANCELLED);
  expect(settled).toEqual([false]);
});

test('a stream is counted as open until it ends, once', () => {
  const lifecycle = lifecycleOf('at once', 'server_streaming');
  const call = lifecycle.begin(incoming({}, { isStream: true }), () => undefined);
  lifecycle.admit(call);
  expect([lifecycle.openStreams(), released]).toEqual([1, []]);
  lifecycle.end(call, Code.OK);
  lifecycle.end(call, Code.OK);
  expect([lifecycle.openStreams(), released]).toEqual([0, ['one']]);
});

test('a call without an API key releases its permit when it ends, however often others have', () => {
  const lifecycle = lifecycleOf();
  for (let calls = 0; calls < 100; calls += 1) {
    const call = lifecycle.begin(incoming({}, { procedure: '/grpc.health.v1.Health/Check' }), () => undefined);
    lifecycle.admit(call);
    lifecycle.end(call, Code.OK);
  }
  expect(ends).toHaveLength(100);
});

test('the streams on one connection are ended without those on another', () => {
  const lifecycle = lifecycleOf('at once', 'server_streaming');
  const failures: string[] = [];
  for (const peer of ['192.0.2.1:5', '192.0.2.1:6', '192.0.2.1:5'])
    lifecycle.begin(incoming({}, { isStream: true, peer }), (error) => failures.push(`${peer} ${String(error)}`));
  lifecycle.endStreams(new Error('old'), '192.0.2.1:5');
  expect(failures).toEqual(['192.0.2.1:5 Error: old', '192.0.2.1:5 Error: old']);
  lifecycle.endStreams(new Error('stopping'));
  expect(failures).toHaveLength(5);
});

test('the caller behind a trusted proxy is the peer of its call, and behind any other it is the proxy', () => {
  const lifecycle = lifecycleOf();
  const peerOf = (peer: string) =>
    lifecycle.begin(incoming({ 'x-forwarded-for': '198.51.100.1, 203.0.113.9' }, { peer }), () => undefined).peer;
  expect(['10.0.0.1:5000', '192.0.2.1:5000'].map(peerOf)).toEqual(['203.0.113.9', '192.0.2.1:5000']);
});

test('a hook that throws keeps no caller from its answer', () => {
  const lifecycle = createLifecycle({
    methods: [],
    admit: {} as never,
    clock: Date.now,
    callerAddress: createCallerAddress([]),
    hooks: {
      onEnd: () => {
        throw new Error('a bug');
      },
    },
  });
  const call = lifecycle.begin(incoming({}, { procedure: '/grpc.health.v1.Health/Check' }), () => undefined);
  expect(() => lifecycle.end(call, Code.OK)).not.toThrow();
  expect(call.ended).toBe(true);
});

describe('headers are refused before anything is asked of a store:', () => {
  test.each([
    ['too much metadata', { isOversize: true }, 'metadata_too_large'],
    ['a timeout that is none', { timeoutMs: Number.NaN }, 'malformed_message'],
  ])('%s', (_, more, reason) => {
    const lifecycle = lifecycleOf();
    const call = lifecycle.begin(incoming({}, more), () => undefined);
    expect(() => lifecycle.admit(call)).toThrow(expect.objectContaining({ reason }));
    expect(steps).toEqual(['begin']);
  });
});

test('the timeout of a call is read once: a door parses it from a header', () => {
  const timeoutMs = vi.fn(() => 4000);
  const given = Object.defineProperty({ ...incoming() }, 'timeoutMs', { get: timeoutMs });
  const lifecycle = lifecycleOf();
  const call = lifecycle.begin(given, () => undefined);
  expect(call.timeoutMs).toBe(4000);
  lifecycle.end(call, Code.CANCELLED);
  expect(timeoutMs).toHaveBeenCalledOnce();
});

describe('the deadline', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    return () => void vi.useRealTimers();
  });

  test.each([
    [undefined, 5000],
    [200, 200],
    [60_000, 5000],
    [2 ** 40, 5000],
    [1, 1],
    [Number.NaN, 5000],
  ])('of a caller who waits %s ms is after %s', (timeoutMs, expected) => {
    const failures: unknown[] = [];
    lifecycleOf().begin(incoming({}, { timeoutMs }), (error) => failures.push(error));
    vi.advanceTimersByTime(expected - 1);
    expect(failures).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(failures).toMatchObject([{ reason: 'deadline_exceeded' }]);
  });

  test('is of no use to a call that has ended, and its timer is gone with it', () => {
    const lifecycle = lifecycleOf();
    const call = lifecycle.begin(incoming(), () => undefined);
    expect(vi.getTimerCount()).toBe(1);
    lifecycle.end(call, Code.OK);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('of a unary call is not postponed when its request has arrived', () => {
    const failures: unknown[] = [];
    const lifecycle = lifecycleOf();
    const call = lifecycle.begin(incoming(), (error) => failures.push(error));
    lifecycle.received(call);
    vi.advanceTimersByTime(5000);
    expect(failures).toMatchObject([{ reason: 'deadline_exceeded' }]);
  });

  test.each([
    ['without a key ends after five minutes', '/grpc.health.v1.Health/Watch', undefined, 300_000],
    ['with a key goes on', PROCEDURE, undefined, undefined],
    ['with a key ends when its caller said', PROCEDURE, 60_000, 60_000],
  ])('of a stream whose request has come %s', (_, procedure, timeoutMs, expected) => {
    const failures: unknown[] = [];
    const lifecycle = lifecycleOf();
    const call = lifecycle.begin(incoming({}, { procedure, timeoutMs, isStream: true }), (error) => failures.push(error));
    lifecycle.received(call);
    vi.advanceTimersByTime((expected ?? 86_400_000) - 1);
    expect(failures).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(failures).toHaveLength(expected === undefined ? 0 : 1);
    lifecycle.end(call, Code.CANCELLED);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('of a stream without a key is not put off by further messages', () => {
    const failures: unknown[] = [];
    const lifecycle = lifecycleOf();
    const reflection = { procedure: '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', isStream: true };
    const call = lifecycle.begin(incoming({}, reflection), (error) => failures.push(error));
    for (let minute = 0; minute < 5; minute += 1) {
      lifecycle.received(call);
      expect(failures).toEqual([]);
      vi.advanceTimersByTime(60_000);
    }
    expect(failures).toMatchObject([{ reason: 'deadline_exceeded' }]);
  });
});

test('a stream whose time is over when its request arrives fails at once, without a delay that Node would warn of', async () => {
  const lifecycle = lifecycleOf();
  const failures: unknown[] = [];
  const call = lifecycle.begin(incoming({}, { isStream: true, timeoutMs: 50 }), (error) => failures.push(error));
  // The timer of the start cannot fire in the meantime.
  const passed = performance.now() + 60;
  while (performance.now() < passed);
  const timers = vi.spyOn(globalThis, 'setTimeout');
  lifecycle.received(call);
  expect(timers.mock.calls.map(([, delayMs]) => delayMs)).toEqual([0]);
  timers.mockRestore();
  await expect.poll(() => failures.length).toBe(1);
  lifecycle.end(call, Code.DEADLINE_EXCEEDED);
});
