/** Credits: what the month has no room for, what the caller is told, and that no failure of the error table costs credits. */
import { create, type Message, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { Code } from '../../gen/ts/google/rpc/code_pb.ts';
import { ErrorReason, ErrorReasonSchema } from '../../gen/ts/otp/v1/error_reason_pb.ts';
import { OtpService } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { type CreditWarning, createCharging } from '../../src/limits/charging.ts';
import { createLocalLimits } from '../../src/limits/local-counter.ts';
import { type Plan, parsePlans, planOf, withoutMonth } from '../../src/limits/plans.ts';
import { invalid } from '../../src/otp/error.ts';
import type { Principal } from '../../src/ports/principal.ts';
import { Rejection, type RejectionReason } from '../../src/ports/rejection.ts';
import { type LimitStore, StoreUnavailableError } from '../../src/ports/store.ts';
import { createAdmit } from '../../src/rpc/admission.ts';
import { createCallerAddress } from '../../src/rpc/caller-address.ts';
import type { CallContext } from '../../src/rpc/context.ts';
import { CallFailure, type CallFailureReason } from '../../src/rpc/failure.ts';
import { createLifecycle } from '../../src/rpc/lifecycle.ts';
import type { Method } from '../../src/rpc/method.ts';
import { clockAt, HOUR, rejectionOf } from '../auth/fixtures.ts';

const NOON = Date.UTC(2026, 10, 30, 12);
const DECEMBER = Date.UTC(2026, 11);
const principal: Principal = { keyId: 'one', plan: 'paid', scopes: new Set(['token']), tenant: 'default' };
const PLANS = parsePlans('{"paid": {"minute": 50, "hour": 60, "month": 100}}');
const PAID = planOf(PLANS, 'paid');

function charger(limits: LimitStore = createLocalLimits()) {
  const clock = clockAt(NOON);
  const warnings: CreditWarning[] = [];
  const { charge } = createCharging({ limits, clock, onWarning: (warning) => warnings.push(warning) });
  return { clock, warnings, charge: async (cost: number, plan: Plan = PAID) => charge(principal, plan, cost) };
}

const MONTH_OF_10 = planOf(parsePlans('{"ten": {"month": 10}}'), 'ten');

describe('a month', () => {
  it('that is used up rejects with what the caller is to do, and until when', async () => {
    const { charge } = charger();
    await charge(10, MONTH_OF_10);
    expect(await rejectionOf(charge(1, MONTH_OF_10))).toMatchObject({
      reason: 'credits_exhausted',
      retryAfterMs: DECEMBER - NOON,
      metadata: { window: 'month', limit: '10', plan: 'ten' },
      quota: { window: { name: 'month' }, remaining: 0 },
      creditShare: 95,
    });
  });

  it('never allows a cost over it', async () => {
    expect(await rejectionOf(charger().charge(11, MONTH_OF_10))).toMatchObject({
      reason: 'cost_over_limit',
      retryAfterMs: undefined,
      metadata: { window: 'month', limit: '10', cost: '11' },
    });
  });

  it('and another exhausted window: the one with the longer wait is in the error', async () => {
    const { charge, clock } = charger();
    const plan = planOf(parsePlans('{"both": {"hour": 10, "month": 10}}'), 'both');
    await charge(10, plan);
    expect((await rejectionOf(charge(1, plan))).reason).toBe('credits_exhausted');
    clock.now = DECEMBER - HOUR / 2;
    await charge(10, planOf(parsePlans('{"hourly": {"hour": 10}}'), 'hourly'));
    expect(await rejectionOf(charge(1, plan))).toMatchObject({ reason: 'rate_limited', metadata: { window: 'hour' } });
  });

  it('shows the used share as it is, with refunds', async () => {
    const { charge } = charger();
    expect((await charge(7, MONTH_OF_10)).creditShare).toBeUndefined();
    const call = await charge(1, MONTH_OF_10);
    expect(call.creditShare).toBe(80);
    await call.charge(2);
    expect(call.creditShare).toBe(95);
    call.giveBack(1);
    expect(call.creditShare).toBe(80);
    call.giveBack(2);
    expect(call.creditShare).toBeUndefined();
  });

  it('is not charged for a call that costs no credits, which the other windows count', async () => {
    const limits = createLocalLimits();
    await charger(limits).charge(3, withoutMonth(PAID));
    const usage = await limits.usage('one', PAID.windows, NOON);
    expect(usage.map(({ window, used }) => [window.name, used])).toEqual([
      ['minute', 3],
      ['hour', 3],
      ['month', 0],
    ]);
    expect(withoutMonth(PAID)).toBe(withoutMonth(PAID));
  });
});

describe('a warning', () => {
  const local = createLocalLimits();
  const shared = createLocalLimits();
  it.each([
    ['in memory', local],
    ['in a shared store', { ...shared, charge: async (...args: Parameters<LimitStore['charge']>) => shared.charge(...args) }],
  ])('names the key, the plan, the share and the month, once: counted %s', async (_, limits) => {
    const { charge, warnings } = charger(limits);
    const call = await charge(8, MONTH_OF_10);
    call.settle(true);
    await charge(9, MONTH_OF_10);
    await charge(1, MONTH_OF_10);
    const common = { keyId: 'one', plan: 'ten', month: '2026-11' };
    expect(warnings).toEqual([
      { ...common, threshold: 80 },
      { ...common, threshold: 95 },
    ]);
  });

  it('is not given for counts while the shared store is unreachable', async () => {
    const away = async () => Promise.reject(new StoreUnavailableError(new Error('away')));
    const { charge, warnings } = charger({ charge: away, refund: away, usage: away });
    await charge(10, MONTH_OF_10);
    expect((await rejectionOf(charge(1, MONTH_OF_10))).reason).toBe('credits_exhausted');
    expect(warnings).toEqual([]);
  });
});

describe('a call that fails', () => {
  const REQUEST = toBinary(OtpService.method.token.input, create(OtpService.method.token.input));
  const CALL_FAILURES: readonly string[] = [
    'malformed_message',
    'message_too_large',
    'deadline_exceeded',
    'protocol',
  ] satisfies CallFailureReason[];

  /** Makes an error that the caller sees with this reason. */
  function errorOf(reason: string): unknown {
    if (reason === 'invalid_fields') return invalid('key', 'is required');
    if (reason === 'internal') return new Error('a bug');
    if (reason === 'store_unavailable') return new StoreUnavailableError(new Error('away'));
    if (CALL_FAILURES.includes(reason)) return new CallFailure(reason as CallFailureReason);
    return new Rejection(reason as RejectionReason);
  }

  function serve(handle: (context: CallContext) => Promise<void>) {
    const limits = createLocalLimits();
    const clock = clockAt(NOON);
    const descriptor = OtpService.method.token;
    const method = {
      kind: 'unary',
      descriptor,
      scope: 'token',
      handle: async (_: Message, context: CallContext) => {
        await handle(context);
        return create(descriptor.output);
      },
    } as unknown as Method;
    const authenticator = { authenticate: () => principal, watch: () => () => undefined } as never;
    const lifecycle = createLifecycle({
      methods: [method],
      admit: createAdmit({ authenticator, charging: createCharging({ limits, clock }), plans: () => PLANS }),
      clock,
      hooks: { onEnd: () => undefined },
      callerAddress: createCallerAddress([]),
    });
    return {
      async call() {
        const incoming = { transport: 'grpc', procedure: '/otp.v1.OtpService/Token', peer: '192.0.2.1:5' } as const;
        const headers = { header: () => undefined, isOversize: false, timeoutMs: undefined, isStream: false };
        const call = lifecycle.begin({ ...incoming, ...headers }, () => undefined);
        await lifecycle.admit(call);
        try {
          await lifecycle.handle(call, REQUEST);
          lifecycle.end(call, Code.OK);
          return undefined;
        } catch (error) {
          const status = lifecycle.failureOf(call, error);
          lifecycle.end(call, status.code);
          return status.reason;
        }
      },
      used: async () => (await limits.usage('one', PAID.windows, NOON)).map(({ used }) => used),
    };
  }

  const reasons = ErrorReasonSchema.values.filter(({ number }) => number !== ErrorReason.UNSPECIFIED);
  it.each(reasons.map(({ localName, number }) => [localName, number]))('for %s is not paid for', async (name, reason) => {
    const error = errorOf(name.toLowerCase());
    const { call, used } = serve(async () => Promise.reject(error));
    expect(await call()).toBe(reason);
    expect(await used()).toEqual([1, 0, 0]);
  });

  it.each(reasons.map(({ localName, number }) => [localName, number]))(
    'for %s after all its parts were charged is not paid for',
    async (name, reason) => {
      const error = errorOf(name.toLowerCase());
      const { call, used } = serve(async (context) => {
        await context.charge(9);
        context.giveBack(2);
        throw error;
      });
      expect(await call()).toBe(reason);
      expect(await used()).toEqual([10, 0, 0]);
    },
  );

  it('in some of its parts is paid for the others; one that succeeds is paid for whole', async () => {
    const { call, used } = serve(async (context) => {
      await context.charge(9);
      context.giveBack(2);
    });
    expect(await call()).toBeUndefined();
    expect(await used()).toEqual([10, 8, 8]);
  });
});
