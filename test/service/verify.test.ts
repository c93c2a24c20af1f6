/**
 * The attempt that Verify passes to the store, field by field: names and digests that a later version must not change, and how long a step is kept.
 */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { Algorithm, OtpType } from '../../gen/ts/otp/v1/key_pb.ts';
import { VerifyRequestSchema, VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { hotpCode } from '../../src/otp/hotp.ts';
import { formatSecret } from '../../src/otp/secret.ts';
import type { AuditEvent } from '../../src/ports/audit.ts';
import type { Attempt } from '../../src/ports/codes.ts';
import { createTurns } from '../../src/rpc/work-queue.ts';
import { createSealing } from '../../src/sealing/sealing.ts';
import { createVerify } from '../../src/service/verify.ts';
import { createFingerprints } from '../../src/verification/fingerprint.ts';
import { ringOf } from '../sealing/rings.ts';
import { callContext } from '../support/context.ts';
import { createMemoryCodes } from '../support/memory-codes.ts';

type Request = MessageInitShape<typeof VerifyRequestSchema>;

const SECRET = Buffer.from('12345678901234567890');
const FINGERPRINT = 'zZBC81KXPV5zJhJbN42Wgw';
const KEY = { source: { case: 'secret', value: formatSecret(SECRET) } } as const;
const UUID = '01234567-89ab-4cde-8f01-23456789abcd';
/** RFC 6238 appendix B: step 1, whose code is 287082. */
const NOW = 59_000;
const RIGHT: Request = { key: KEY, code: '287082', requestId: UUID };
const HOTP = { ...KEY, type: OtpType.HOTP, counter: 3n };

function server() {
  const codes = createMemoryCodes();
  const attempts: Attempt[] = [];
  const events: AuditEvent[] = [];
  let isKnown = true;
  const verify = createVerify(
    {
      codes: {
        ...codes,
        judge(attempt, now) {
          attempts.push(attempt);
          return codes.judge(attempt, now);
        },
      },
      knows: () => isKnown,
      sealing: createSealing(ringOf(1)),
      fingerprints: createFingerprints(Uint8Array.from({ length: 32 }, (_, index) => index)),
      audit: (event) => void events.push(event),
    },
    createTurns(),
  );
  return {
    attempts,
    events,
    forgetCaller: () => {
      isKnown = false;
    },
    async send(request: Request, { keyId = 'caller', now = NOW } = {}) {
      const principal = { keyId, plan: 'free', scopes: new Set<never>(), tenant: 'default' };
      const context = callContext({ principal, now: () => now });
      return verify(create(VerifyRequestSchema, request), context);
    },
    async attemptOf(request: Request, now = NOW): Promise<Attempt> {
      await this.send(request, { now }).catch(() => undefined);
      const attempt = attempts.at(-1);
      if (attempt === undefined) throw new Error('nothing was judged');
      return attempt;
    },
  };
}

/** Returns the digest of a request. */
async function digestOf(request: Request, now = NOW): Promise<string | undefined> {
  return (await server().attemptOf({ requestId: UUID, ...request }, now)).request?.payload;
}

describe('an attempt', () => {
  it('has the names, the step and the digest of its request, which are known answers', async () => {
    expect(await server().attemptOf(RIGHT)).toEqual({
      fingerprint: FINGERPRINT,
      former: undefined,
      period: 30,
      step: 1,
      drift: 0,
      claim: true,
      afterStep: undefined,
      // To the end of the tenth step after it.
      matchableMs: 12 * 30_000 - NOW,
      request: { id: `caller:${UUID}`, payload: 'qX-FXeZCbKqax1vxZ1D_Sw' },
    });
    const hotp = { key: HOTP, code: '338314', lookAhead: 5, afterStep: 2n, allowReuse: true, requestId: UUID };
    expect(await server().attemptOf(hotp)).toEqual({
      fingerprint: FINGERPRINT,
      former: undefined,
      period: 0,
      step: 4,
      drift: 1,
      claim: false,
      afterStep: 2,
      matchableMs: 0,
      request: { id: `caller:${UUID}`, payload: 'Is5F47mNrf5Nq91ro4UDOQ' },
    });
  });

  it('with a wrong code has no step, and keeps nothing for it', async () => {
    expect(await server().attemptOf({ ...RIGHT, code: '000000' })).toMatchObject({ step: undefined, drift: 0, matchableMs: 0 });
  });

  it.each([
    ['the one before', 30_000 + NOW, -1, 12 * 30_000 - NOW - 30_000],
    ['the one after', NOW - 30_000, 1, 12 * 30_000 - NOW + 30_000],
  ])('on a step that is %s the current one is kept as long as its code can match', async (_, now, drift, matchableMs) => {
    expect(await server().attemptOf(RIGHT, now)).toMatchObject({ step: 1, drift, matchableMs });
  });

  it('without a request id is not distinguished from a repeat', async () => {
    expect((await server().attemptOf({ ...RIGHT, requestId: '' })).request).toBeUndefined();
  });
});

describe('the digest of a request', () => {
  it('is another for every other thing that is asked', async () => {
    const totp = { key: KEY, code: '287082' };
    const hotp = { key: HOTP, code: '338314' };
    const asked: Request[] = [
      totp,
      { ...totp, allowReuse: true },
      { ...totp, afterStep: 0n },
      { ...totp, afterStep: 1n },
      { ...totp, pastSteps: 1 },
      { ...totp, pastSteps: 2 },
      { ...totp, futureSteps: 1 },
      { ...totp, code: '287083' },
      { ...totp, key: { ...KEY, digits: 8 }, code: '94287082' },
      { ...totp, key: { ...KEY, digits: 8 }, code: '00287082' },
      { ...totp, key: { ...KEY, periodSeconds: 60 } },
      { ...totp, key: { ...KEY, algorithm: Algorithm.SHA256 } },
      { ...totp, key: { source: { case: 'secret', value: formatSecret(Buffer.alloc(20, 7)) } } },
      hotp,
      { ...hotp, lookAhead: 5 },
      { ...hotp, key: { ...HOTP, counter: 4n } },
    ];
    const digests = await Promise.all(asked.map((request) => digestOf(request)));
    expect(new Set(digests).size).toBe(asked.length);
  });

  it('is the same for a code as it was pasted, for another moment, and for a request id in capitals', async () => {
    const first = await digestOf(RIGHT);
    expect(await digestOf({ ...RIGHT, code: ' 287 082' })).toBe(first);
    expect(await digestOf(RIGHT, NOW + 30_000)).toBe(first);
    const { attempts, send } = server();
    for (const requestId of [UUID, UUID.toUpperCase()]) await send({ ...RIGHT, requestId });
    expect(attempts[1]?.request).toEqual(attempts[0]?.request);
  });
});

describe('a request id', () => {
  it('of one API key does not belong to another, which gets a separate answer', async () => {
    const { send } = server();
    expect(await send(RIGHT, { keyId: 'one' })).toMatchObject({ status: VerifyStatus.ACCEPTED });
    expect(await send(RIGHT, { keyId: 'other' })).toMatchObject({ status: VerifyStatus.REPLAYED });
    expect(await send(RIGHT, { keyId: 'one' })).toMatchObject({ status: VerifyStatus.ACCEPTED });
  });

  it('of another secret does not get the answer of the first, for a code that is wrong there', async () => {
    const { send } = server();
    const other: Request = { ...RIGHT, key: { source: { case: 'secret', value: formatSecret(Buffer.alloc(20, 7)) } } };
    expect(await send(RIGHT)).toMatchObject({ status: VerifyStatus.ACCEPTED });
    expect(await send(other)).toMatchObject({ status: VerifyStatus.MISMATCH });
  });

  it.each([
    ['allow_reuse', { allowReuse: true }],
    ['after_step', { afterStep: 0n }],
    ['digits', { key: { ...KEY, digits: 8 }, code: hotpCode(SECRET, 1, { algorithm: 'SHA1', digits: 8 }) }],
  ])('with another %s is refused, and nothing is audited', async (_, changed) => {
    const { send, events } = server();
    await send(RIGHT);
    await expect(send({ ...RIGHT, ...changed })).rejects.toMatchObject({ reason: 'request_id_reused' });
    expect(events.map(({ event }) => event)).toEqual(['verify.accepted']);
  });
});

describe('the secret', () => {
  it('has the same fingerprint for any number of digits: a used step does not pass with more of them', async () => {
    const { send } = server();
    const eight = { key: { ...KEY, digits: 8 }, code: '94287082' };
    expect(await send({ key: KEY, code: '287082' })).toMatchObject({ status: VerifyStatus.ACCEPTED });
    expect(await send(eight)).toMatchObject({ status: VerifyStatus.REPLAYED });
  });
});

describe('a caller whose API key the store has lost', () => {
  it('gets nothing judged', async () => {
    const { send, attempts, events, forgetCaller } = server();
    forgetCaller();
    await expect(send(RIGHT)).rejects.toMatchObject({ reason: 'store_unavailable' });
    expect([attempts, events]).toEqual([[], []]);
  });
});

describe('the audit', () => {
  it('records who, what and which step, once for each judgement', async () => {
    const { send, events } = server();
    for (const code of ['287082', '287082', '000000']) await send({ key: KEY, code });
    const common = { actor: { keyId: 'caller' }, requestId: 'call', transport: 'grpc', fingerprint: FINGERPRINT };
    expect(events).toEqual([
      { ...common, event: 'verify.accepted', step: 1 },
      { ...common, event: 'verify.replayed', step: 1 },
      { ...common, event: 'verify.refused', step: undefined },
    ]);
  });
});
