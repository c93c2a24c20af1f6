/** The calls on recovery codes, over the rules in memory: their answers, their refusals, and the state after them. */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import {
  GenerateRecoveryCodesRequestSchema,
  type RecoveryCodeSet,
  RevokeRecoveryCodesRequestSchema,
  VerifyRecoveryCodeRequestSchema,
  VerifyStatus,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';
import type { AuditEvent } from '../../src/ports/audit.ts';
import { createKey, createRing, type RingKey } from '../../src/sealing/ring.ts';
import { createSealing, type Sealing } from '../../src/sealing/sealing.ts';
import { createGenerateRecoveryCodes } from '../../src/service/generate-recovery-codes.ts';
import { createRevokeRecoveryCodes } from '../../src/service/revoke-recovery-codes.ts';
import { createVerifyRecoveryCode } from '../../src/service/verify-recovery-code.ts';
import { createFingerprints } from '../../src/verification/fingerprint.ts';
import { MINUTE, START } from '../auth/fixtures.ts';
import { callContext } from '../support/context.ts';
import { createMemoryRecovery } from '../support/memory-recovery.ts';

const { ACCEPTED, MISMATCH, MALFORMED, REPLAYED, THROTTLED } = VerifyStatus;
const CONTEXT = Buffer.from('user-1/recovery/1');
const UUID = '01234567-89ab-4cde-8f01-23456789abcd';
const WRONG = '0000-0000-0000-0000';
const FIRST_KEY = createKey(Buffer.alloc(32, 1), START, START);
const NEXT_KEY = createKey(Buffer.alloc(32, 2), START, START + 1);

type Caller = { readonly tenant?: string; readonly keyId?: string };

function server({ ring = [FIRST_KEY] as readonly RingKey[], recovery = createMemoryRecovery(), fingerprintKey = 1 } = {}) {
  const events: AuditEvent[] = [];
  const payloads: Uint8Array[] = [];
  const clock = { now: START };
  const real = createSealing(createRing(ring), () => clock.now);
  const sealing: Sealing = {
    seal(format, payload, binding, now) {
      payloads.push(payload);
      return real.seal(format, payload, binding, now);
    },
    open(format, blob, binding) {
      const opened = real.open(format, blob, binding);
      payloads.push(opened.payload);
      return opened;
    },
  };
  const known = { caller: true };
  const ports = {
    sealing,
    recovery,
    knows: () => known.caller,
    fingerprints: createFingerprints(Buffer.alloc(32, fingerprintKey)),
    audit: (event: AuditEvent) => void events.push(event),
  };
  const contextOf = ({ tenant = 'default', keyId = 'caller' }: Caller = {}) =>
    callContext({ principal: { keyId, plan: 'free', scopes: new Set(), tenant }, now: () => clock.now });
  const [generate, verify, revoke] = [
    createGenerateRecoveryCodes(ports),
    createVerifyRecoveryCode(ports),
    createRevokeRecoveryCodes(ports),
  ];
  return {
    clock,
    events,
    known,
    payloads,
    recovery,
    generate(request: MessageInitShape<typeof GenerateRecoveryCodesRequestSchema> = {}, caller?: Caller) {
      const { codes, set } = generate(
        create(GenerateRecoveryCodesRequestSchema, { sealedContext: CONTEXT, ...request }),
        contextOf(caller),
      );
      if (set === undefined) throw new Error('no set');
      return { codes, set: { ...set, context: request.sealedContext ?? CONTEXT } as RecoveryCodeSet, answered: set };
    },
    verify: (set: RecoveryCodeSet, code = WRONG, requestId = '', caller?: Caller) =>
      verify(create(VerifyRecoveryCodeRequestSchema, { set, code, requestId }), contextOf(caller)),
    revoke: (set: RecoveryCodeSet, caller?: Caller) =>
      revoke(create(RevokeRecoveryCodesRequestSchema, { set }), contextOf(caller)),
  };
}

describe('generating', () => {
  it('makes ten codes of 16 symbols, and a set that does not say what it is bound to', () => {
    const { codes, answered } = server().generate();
    expect(codes).toHaveLength(10);
    for (const code of codes) expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/);
    expect(answered.blob).toMatch(/^otpr1_[\w-]+$/);
    expect(answered.context).toEqual(new Uint8Array(0));
  });

  it('makes as many and as long ones as are asked for, in a blob that may be sent again', () => {
    const { codes, answered } = server().generate({ count: 20, codeLength: 24, sealedContext: Buffer.alloc(256) });
    expect(new Set(codes).size).toBe(20);
    for (const code of codes) expect(code).toMatch(/^(.{4}-){5}.{4}$/);
    expect(answered.blob.length).toBeLessThan(1024);
    expect(server().generate({ count: 1, codeLength: 16 }).codes).toHaveLength(1);
  });

  it('makes another set each time, and leaves nothing in the store', async () => {
    const { generate, recovery, events } = server();
    const [one, other] = [generate(), generate()];
    expect(new Set([...one.codes, ...other.codes]).size).toBe(20);
    const sets = events.map((event) => ('set' in event ? event.set : ''));
    expect(new Set(sets).size).toBe(2);
    for (const set of sets) expect(await recovery.inspect(set, START)).toMatchObject({ expiresAt: 0 });
  });
});

describe('a code', () => {
  it('is accepted once, in any spelling, and the answer counts the others', async () => {
    const { generate, verify } = server();
    const { codes, set } = generate({ count: 3 });
    const [first = '', second = '', third = ''] = codes;
    expect(await verify(set, first)).toMatchObject({ valid: true, status: ACCEPTED, remainingCount: 2, attemptsRemaining: 5 });
    expect(await verify(set, first.toLowerCase())).toMatchObject({ valid: false, status: REPLAYED, remainingCount: 2 });
    expect(await verify(set, first.replaceAll('1', 'l').replaceAll('0', 'o'))).toMatchObject({ status: REPLAYED });
    expect(await verify(set, ` ${second.replaceAll('-', ' ')} `)).toMatchObject({ status: ACCEPTED, remainingCount: 1 });
    expect(await verify(set, third)).toMatchObject({ status: ACCEPTED, remainingCount: 0 });
  });

  it('of another set is wrong', async () => {
    const { generate, verify } = server();
    const [one, other] = [generate(), generate()];
    expect(await verify(one.set, other.codes[0])).toMatchObject({ status: MISMATCH, remainingCount: 10, attemptsRemaining: 4 });
    expect(await verify(other.set, other.codes[0])).toMatchObject({ status: ACCEPTED });
  });

  it.each(['no code', '0000', 'UUUU-UUUU-UUUU-UUUU', '0000-0000-0000-0000-0'])(
    'with an impossible form is malformed, which is not counted: %s',
    async (code) => {
      const { generate, verify, events } = server();
      const { set, codes } = generate();
      const answer = await verify(set, code);
      expect(answer).toMatchObject({ valid: false, status: MALFORMED });
      expect([answer.remainingCount, answer.attemptsRemaining, answer.retryAfter]).toEqual([undefined, undefined, undefined]);
      expect(events).toHaveLength(1);
      expect(await verify(set, codes[0])).toMatchObject({ attemptsRemaining: 5 });
    },
  );

  it('is judged no more after five wrong ones, until the wait is over', async () => {
    const { generate, verify, clock } = server();
    const { set, codes } = generate();
    for (const attemptsRemaining of [4, 3, 2, 1, 0])
      expect(await verify(set)).toMatchObject({ status: MISMATCH, attemptsRemaining });
    const throttled = await verify(set, codes[0]);
    expect(throttled).toMatchObject({ status: THROTTLED, attemptsRemaining: 0, retryAfter: { seconds: 60n } });
    expect(throttled.remainingCount).toBeUndefined();
    clock.now += MINUTE;
    expect(await verify(set, codes[0])).toMatchObject({ status: ACCEPTED });
  });

  it('is wrong under another fingerprint key, with which the used ones would be forgotten', async () => {
    const { codes, set } = server().generate();
    const other = server({ fingerprintKey: 2 });
    for (const code of codes.slice(0, 5)) expect(await other.verify(set, code)).toMatchObject({ valid: false, status: MISMATCH });
  });

  it('is not judged for a caller whose API key the store has lost', async () => {
    const { generate, verify, revoke, known, events } = server();
    const { set, codes } = generate();
    known.caller = false;
    await expect(verify(set, codes[0])).rejects.toMatchObject({ reason: 'store_unavailable' });
    await expect(revoke(set)).rejects.toMatchObject({ reason: 'store_unavailable' });
    known.caller = true;
    expect(await verify(set, codes[0])).toMatchObject({ status: ACCEPTED });
    expect(events.map(({ event }) => event)).toEqual(['recovery.generated', 'recovery.accepted']);
  });
});

describe('a request id', () => {
  it('gets its first answer again, also with the same code in another spelling', async () => {
    const { generate, verify } = server();
    const { set, codes } = generate();
    const [code = ''] = codes;
    const first = await verify(set, code, UUID);
    expect(first).toMatchObject({ status: ACCEPTED, remainingCount: 9 });
    expect(await verify(set, code.toLowerCase(), UUID.toUpperCase())).toEqual(first);
    expect(await verify(set, code)).toMatchObject({ status: REPLAYED });
  });

  it('is refused with another code, and nothing is judged', async () => {
    const { generate, verify } = server();
    const { set, codes } = generate();
    await verify(set, codes[0], UUID);
    await expect(verify(set, codes[1], UUID)).rejects.toMatchObject({ reason: 'request_id_reused' });
    await expect(verify(set, WRONG, UUID)).rejects.toMatchObject({ reason: 'request_id_reused' });
    expect(await verify(set, codes[1])).toMatchObject({ status: ACCEPTED, remainingCount: 8, attemptsRemaining: 5 });
  });

  it('is the own of each API key and of each set', async () => {
    const { generate, verify } = server();
    const [one, other] = [generate(), generate()];
    expect(await verify(one.set, one.codes[0], UUID)).toMatchObject({ status: ACCEPTED });
    expect(await verify(one.set, one.codes[0], UUID, { keyId: 'other' })).toMatchObject({ status: REPLAYED });
    expect(await verify(other.set, other.codes[0], UUID)).toMatchObject({ status: ACCEPTED });
  });

  it('of an attempt that was throttled is judged after the wait', async () => {
    const { generate, verify, clock } = server();
    const { set, codes } = generate();
    for (let sent = 0; sent < 5; sent += 1) await verify(set);
    expect(await verify(set, codes[0], UUID)).toMatchObject({ status: THROTTLED });
    clock.now += MINUTE;
    expect(await verify(set, codes[0], UUID)).toMatchObject({ status: ACCEPTED });
  });
});

describe('a set that is not opened', () => {
  const invalid = { reason: 'sealed_key_invalid', metadata: { field: 'set' } };

  it.each<[string, (set: RecoveryCodeSet) => RecoveryCodeSet, Caller?]>([
    ['of another tenant', (set) => set, { tenant: 'acme' }],
    ['with another context', (set) => ({ ...set, context: Buffer.from('user-2/recovery/1') })],
    ['without its context', (set) => ({ ...set, context: new Uint8Array(0) })],
    ['cut short', (set) => ({ ...set, blob: set.blob.slice(0, -1) })],
    ['made longer', (set) => ({ ...set, blob: `${set.blob}A` })],
    ['with a space', (set) => ({ ...set, blob: `${set.blob} ` })],
    ['under the name of a key', (set) => ({ ...set, blob: set.blob.replace('otpr1', 'otpk1') })],
    ['that is something else', (set) => ({ ...set, blob: 'otpr1_' })],
  ])('%s, is refused, by Revoke too', async (_, change, caller) => {
    const { generate, verify, revoke, events } = server();
    const { set, codes } = generate();
    await expect(verify(change(set), codes[0], '', caller)).rejects.toMatchObject(invalid);
    await expect(revoke(change(set), caller)).rejects.toMatchObject(invalid);
    expect(events).toHaveLength(1);
    expect(await verify(set, codes[0])).toMatchObject({ status: ACCEPTED });
  });

  it('with any character of it changed, is refused', async () => {
    const { generate, verify } = server();
    const { set, codes } = generate({ count: 2 });
    // Changes within the id of the sealing key name a key that never existed here.
    for (let at = 'otpr1_'.length + 6; at < set.blob.length; at += 1) {
      const blob = `${set.blob.slice(0, at)}${set.blob[at] === 'A' ? 'B' : 'A'}${set.blob.slice(at + 1)}`;
      await expect(verify({ ...set, blob }, codes[0])).rejects.toMatchObject(invalid);
    }
  });

  it('under a sealing key that is retired, is refused; under one that was never here, with its id', async () => {
    const { set, codes } = server().generate();
    const retired = server({ ring: [{ ...FIRST_KEY, secret: undefined }, NEXT_KEY] });
    await expect(retired.verify(set, codes[0])).rejects.toMatchObject(invalid);
    const foreign = server({ ring: [NEXT_KEY] });
    await expect(foreign.verify(set, codes[0])).rejects.toMatchObject({
      reason: 'sealing_key_unknown',
      metadata: { field: 'set', sealing_key: FIRST_KEY.id },
    });
  });

  it('from more than an hour ahead, is refused', async () => {
    const { generate, verify, clock } = server();
    clock.now = START + 61 * MINUTE;
    const { set, codes } = generate();
    clock.now = START;
    await expect(verify(set, codes[0])).rejects.toMatchObject(invalid);
  });
});

describe('a set under an older sealing key', () => {
  async function rotated() {
    const first = server();
    const { set, codes } = first.generate();
    return { set, codes, next: server({ ring: [FIRST_KEY, NEXT_KEY], recovery: first.recovery }) };
  }

  it('is resealed with an accepted code, and with no other answer', async () => {
    const { set, codes, next } = await rotated();
    next.clock.now += 1;
    expect((await next.verify(set)).resealed).toBeUndefined();
    expect((await next.verify(set, 'no code')).resealed).toBeUndefined();
    const accepted = await next.verify(set, codes[0], UUID);
    expect(accepted.resealed?.blob).toMatch(/^otpr1_/);
    expect(accepted.resealed?.context).toEqual(new Uint8Array(0));
    expect((await next.verify(set, codes[0])).resealed).toBeUndefined();
    // A repeat gets an equivalent set.
    const repeat = await next.verify(set, codes[0], UUID);
    expect(repeat.resealed?.blob).toMatch(/^otpr1_/);
    expect(repeat.resealed?.blob).not.toBe(accepted.resealed?.blob);
  });

  it('is the same set under the new one: what was used stays used', async () => {
    const { set, codes, next } = await rotated();
    next.clock.now += 1;
    const { resealed } = await next.verify(set, codes[0]);
    const anew = { ...set, blob: resealed?.blob ?? '' };
    const later = server({ ring: [{ ...FIRST_KEY, secret: undefined }, NEXT_KEY], recovery: next.recovery });
    expect(await later.verify(anew, codes[0])).toMatchObject({ status: REPLAYED, remainingCount: 9 });
    const second = await later.verify(anew, codes[1]);
    expect(second).toMatchObject({ status: ACCEPTED, remainingCount: 8 });
    expect(second.resealed).toBeUndefined();
  });

  it('is not handed over before the new key seals', async () => {
    const { set, codes, next } = await rotated();
    expect((await next.verify(set, codes[0])).resealed).toBeUndefined();
  });
});

describe('a revoked set', () => {
  it('has no code any more: right ones are replayed, wrong ones wrong, under each sealing key', async () => {
    const first = server();
    const { set, codes } = first.generate();
    await first.verify(set, codes[0]);
    await first.revoke(set);
    await first.revoke(set);
    const next = server({ ring: [FIRST_KEY, NEXT_KEY], recovery: first.recovery });
    next.clock.now += 1;
    for (const code of codes)
      expect(await next.verify(set, code)).toMatchObject({ valid: false, status: REPLAYED, remainingCount: 0 });
    expect(await next.verify(set)).toMatchObject({ status: MISMATCH, remainingCount: 0, attemptsRemaining: 4 });
  });

  it('says nothing of the set that replaces it, whichever answer was lost on the way', async () => {
    const { generate, verify, revoke } = server();
    const old = generate();
    generate(); // The answer was lost, so nobody has the new codes, and the old codes still work.
    expect(await verify(old.set, old.codes[0])).toMatchObject({ status: ACCEPTED });
    const fresh = generate();
    await revoke(old.set);
    await revoke(old.set); // The answer was lost.
    expect(await verify(old.set, old.codes[1])).toMatchObject({ status: REPLAYED });
    expect(await verify(fresh.set, fresh.codes[0])).toMatchObject({ status: ACCEPTED });
  });
});

it('all that was opened or written for a blob is zeroed once the call is answered, or refused', async () => {
  const { generate, verify, revoke, payloads, clock, known } = server({ ring: [FIRST_KEY, NEXT_KEY] });
  const { set, codes } = generate();
  clock.now += 1;
  await verify(set, codes[0]);
  await verify(set);
  await verify(set, 'no code');
  await revoke(set);
  known.caller = false;
  await verify(set, codes[1]).catch(() => undefined);
  // For a clock that was set back, the set is from the future.
  clock.now = START - 61 * MINUTE;
  await verify(set, codes[1]).catch(() => undefined);
  expect(payloads).toHaveLength(8);
  for (const payload of payloads) expect(payload.every((byte) => byte === 0)).toBe(true);
});

it('the audit trail says who did what to which set, and has no code', async () => {
  const { generate, verify, revoke, events } = server();
  const { set, codes } = generate();
  await verify(set, codes[0]);
  await verify(set, codes[0]);
  for (let sent = 0; sent < 6; sent += 1) await verify(set);
  await revoke(set);
  expect(events.map(({ event }) => event.replace('recovery.', ''))).toEqual([
    'generated',
    'accepted',
    'replayed',
    ...Array(5).fill('refused'),
    'throttled',
    'revoked',
  ]);
  const [{ set: name } = { set: '' }] = events as { set: string }[];
  expect(name).toMatch(/^[\w-]{22}$/);
  for (const event of events)
    expect(event).toEqual({ actor: { keyId: 'caller' }, event: event.event, requestId: 'call', transport: 'grpc', set: name });
});
