/** The secrets of sealed keys are zeroed after a request is answered, however it ends; and the times at which a key is too early or too late. */
import { create } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from 'vitest';
import { KeySchema } from '../../gen/ts/otp/v1/key_pb.ts';
import {
  BatchVerifyRequestSchema,
  ResyncHotpRequestSchema,
  RewrapRequestSchema,
  SealRequestSchema,
  TokenRequestSchema,
  VerifyRequestSchema,
  type VerifyResponse,
  WatchTokenRequestSchema,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { hotpCode } from '../../src/otp/hotp.ts';
import { stepAt } from '../../src/otp/totp.ts';
import type { Judgement, NotJudged } from '../../src/ports/codes.ts';
import type { Scope } from '../../src/ports/principal.ts';
import { createTurns } from '../../src/rpc/work-queue.ts';
import { readKeyPayload, type SealedKeyContents, writeKeyPayload } from '../../src/sealing/key-payload.ts';
import { createSealing } from '../../src/sealing/sealing.ts';
import { createBatchVerify } from '../../src/service/batch-verify.ts';
import { readKey } from '../../src/service/key.ts';
import { createResyncHotp } from '../../src/service/resync-hotp.ts';
import { createRewrap } from '../../src/service/rewrap.ts';
import { createSeal } from '../../src/service/seal.ts';
import { isExpired, KeyOpener } from '../../src/service/sealed-key.ts';
import { createToken } from '../../src/service/token.ts';
import { createVerify } from '../../src/service/verify.ts';
import { createWatchToken } from '../../src/service/watch-token.ts';
import { createFingerprints } from '../../src/verification/fingerprint.ts';
import { keyOf, ringOf } from '../sealing/rings.ts';
import { callContext } from '../support/context.ts';
import { sealedKey } from '../support/enrolment.ts';
import { createMemoryCodes } from '../support/memory-codes.ts';

const NOW = 1_800_000_000_000;
const SECRET = Buffer.from('12345678901234567890');
const PARAMETERS = { type: 'totp', algorithm: 'SHA1', digits: 6, period: 30 } as const;
const CODE = hotpCode(SECRET, stepAt(NOW, 30), PARAMETERS);
const BINDING = { tenant: 'default', context: new Uint8Array(0) };

const ring = ringOf(1, 2);
const plain = createSealing(ring, () => NOW);
/** Every payload that was opened, by reference. */
const opened: Uint8Array[] = [];
/** Every payload that was sealed, by reference. */
const sealed: Uint8Array[] = [];
const sealing: typeof plain = {
  seal(format, payload, binding, now) {
    sealed.push(payload);
    return plain.seal(format, payload, binding, now);
  },
  open(format, blob, binding) {
    const answer = plain.open(format, blob, binding);
    opened.push(answer.payload);
    return answer;
  },
};

function blobOf(more: Partial<SealedKeyContents> = {}, at = NOW): string {
  const contents = { secret: SECRET, parameters: PARAMETERS, counter: undefined, issuer: 'ACME', accountName: 'alice' };
  const payload = writeKeyPayload({ ...contents, createTime: NOW / 1000, pendingUntil: undefined, ...more });
  return plain.seal('otpk1', payload, BINDING, at);
}

const context = (scopes: Scope[] = ['export']) =>
  callContext({ principal: { keyId: 'k', plan: 'free', scopes: new Set(scopes), tenant: 'default' }, now: () => NOW });

const judged = (outcome: Judgement['outcome']) => async (): Promise<Judgement | NotJudged> => ({
  outcome,
  step: stepAt(NOW, 30),
  drift: 0,
  attemptsRemaining: 5,
  retryAfterMs: undefined,
});

const portsWith = (judge: () => Promise<Judgement | NotJudged>) => ({
  codes: { ...createMemoryCodes(), judge },
  fingerprints: createFingerprints(new Uint8Array(32)),
  sealing,
  knows: () => true,
  audit: () => undefined,
});
const batchOf = (blobs: readonly string[], codes = createMemoryCodes()) =>
  createBatchVerify({ ...portsWith(judged('accepted')), codes }, createTurns())(
    create(BatchVerifyRequestSchema, { requests: blobs.map((blob) => ({ key: key(blob), code: CODE })) }),
    context(),
  );
const verifyWith = (judge: () => Promise<Judgement | NotJudged>) => createVerify(portsWith(judge), createTurns());

const key = (blob: string, more = {}) => sealedKey(blob, '', more);
const verifyRequest = (blob: string, more = {}) => create(VerifyRequestSchema, { key: key(blob), code: CODE, ...more });

beforeEach(() => {
  opened.length = 0;
  sealed.length = 0;
});

describe('the payload is zeroed', () => {
  const stale = () => blobOf({}, -1);
  const pending = () => blobOf({ pendingUntil: NOW / 1000 + 60 });
  const uses: Record<string, () => unknown> = {
    'after a code': () => createToken({ sealing })(create(TokenRequestSchema, { key: key(blobOf()) }), context()),
    'after a request that is wrong elsewhere': () =>
      createToken({ sealing })(create(TokenRequestSchema, { key: key(blobOf()), pastSteps: 11 }), context()),
    'after parameters that differ': () =>
      createToken({ sealing })(create(TokenRequestSchema, { key: key(blobOf(), { digits: 8 }) }), context()),
    'after a key from the future': () =>
      createToken({ sealing })(create(TokenRequestSchema, { key: key(blobOf({ createTime: NOW / 1000 + 4000 })) }), context()),
    'after a pending key': () => createToken({ sealing })(create(TokenRequestSchema, { key: key(pending()) }), context()),
    'after content that cannot be read': () =>
      createToken({ sealing })(
        create(TokenRequestSchema, { key: key(plain.seal('otpk1', Buffer.alloc(20, 8), BINDING, NOW)) }),
        context(),
      ),
    'after a code that is accepted': () => verifyWith(judged('accepted'))(verifyRequest(blobOf()), context()),
    'after a code that is none': () => verifyWith(judged('accepted'))(verifyRequest(blobOf(), { code: '1' }), context()),
    'after a key that is sealed anew': () => verifyWith(judged('accepted'))(verifyRequest(stale()), context()),
    'after a confirmation': () => verifyWith(judged('accepted'))(verifyRequest(pending(), { confirm: true }), context()),
    'after a store that is away': () => verifyWith(() => Promise.reject(new Error('away')))(verifyRequest(blobOf()), context()),
    'after a batch': () => batchOf([blobOf(), stale(), pending()]),
    'after a batch whose store is away': () =>
      batchOf([blobOf(), blobOf()], { ...createMemoryCodes(), judgeAll: () => Promise.reject(new Error('away')) }),
    'after Seal': () => createSeal({ sealing })(create(SealRequestSchema, { items: [{ key: key(blobOf()) }] }), context()),
    'after Rewrap': () =>
      createRewrap({ sealing })(
        create(RewrapRequestSchema, { items: [{ item: { case: 'key', value: { blob: blobOf() } } }] }),
        context(),
      ),
    'after a stream that its caller has left': async () => {
      const stream = createWatchToken({ sealing })(create(WatchTokenRequestSchema, { key: key(blobOf()) }), context());
      const { value } = await stream.next();
      expect(value?.token?.code).toBe(CODE);
      expect(opened[0]?.some((byte) => byte !== 0)).toBe(true);
      await stream.return(undefined);
    },
  };

  it.each(Object.entries(uses))('%s', async (_, use) => {
    await (async () => use())().catch(() => undefined);
    expect(opened.length).toBeGreaterThan(0);
    for (const payload of [...opened, ...sealed]) expect(payload.every((byte) => byte === 0)).toBe(true);
  });

  it.each(['Verify', 'BatchVerify'])('not before the answer: the key that %s reseals is the same', async (method) => {
    const one = async () => verifyWith(judged('accepted'))(verifyRequest(stale()), context());
    const inBatch = async () => (await batchOf([stale()])).results[0]?.result.value as VerifyResponse;
    const answer = await (method === 'Verify' ? one() : inBatch());
    const { payload, isStale } = plain.open('otpk1', answer.resealed?.blob ?? '', BINDING);
    expect(isStale).toBe(false);
    expect(readKeyPayload(payload)).toMatchObject({ parameters: PARAMETERS, issuer: 'ACME', accountName: 'alice' });
    expect(Buffer.from(readKeyPayload(payload).secret)).toEqual(SECRET);
  });
});

describe('a key is resealed', () => {
  const stale = () => blobOf({}, -1);
  it.each<[Judgement['outcome'], boolean]>([
    ['accepted', true],
    ['mismatch', false],
    ['replayed', false],
    ['too_many_names', false],
    ['throttled', false],
  ])('for a code that is %s: %s', async (outcome, isResealed) => {
    const answer = await verifyWith(judged(outcome))(verifyRequest(stale()), context());
    expect(answer.resealed !== undefined).toBe(isResealed);
    const hotp = blobOf({ parameters: { ...PARAMETERS, type: 'hotp', period: 0 }, counter: 0 }, -1);
    const request = create(ResyncHotpRequestSchema, { key: key(hotp), codes: ['755224', '287082'] });
    const found = await createResyncHotp(portsWith(judged(outcome)), createTurns())(request, context());
    expect(found.resealed !== undefined).toBe(isResealed);
  });

  it('not if it is under the key that seals now', async () => {
    expect((await verifyWith(judged('accepted'))(verifyRequest(blobOf()), context())).resealed).toBeUndefined();
  });
});

it('of several keys that do not open the first is named', async () => {
  const foreign = plain.seal('otpk1', Buffer.alloc(20, 8), { ...BINDING, tenant: 'other' }, NOW);
  const request = verifyRequest(foreign, { alternatives: [key(foreign)] });
  await expect((async () => verifyWith(judged('accepted'))(request, context()))()).rejects.toMatchObject({
    reason: 'sealed_key_invalid',
    metadata: { field: 'key.sealed' },
  });
});

describe('the moments of a key', () => {
  const read = (blob: string, use: 'ordinary' | 'confirm' | 'disclose') =>
    readKey(create(KeySchema, key(blob)), { opener: new KeyOpener(sealing, context(), NOW, use) });
  const seconds = (ms: number) => Math.floor((NOW + ms) / 1000);

  it.each([
    ['an hour ahead', 3_600_000, undefined],
    ['a second more', 3_601_000, 'sealed_key_invalid'],
  ])('it may have been made %s: refused as %s', (_, ms, reason) => {
    const blob = blobOf({ createTime: seconds(ms) });
    for (const use of ['ordinary', 'confirm', 'disclose'] as const) {
      if (reason === undefined) expect(read(blob, use).secret).toHaveLength(20);
      else expect(() => read(blob, use)).toThrow(expect.objectContaining({ reason, metadata: { field: 'key.sealed' } }));
    }
  });

  it.each([
    ['5 minutes ago', -300_000, 'enrolment_pending', false],
    ['a second before that', -301_000, 'enrolment_expired', true],
  ])('its enrolment may have ended %s', (_, ms, reason, isLate) => {
    const blob = blobOf({ pendingUntil: seconds(ms) });
    for (const use of ['ordinary', 'disclose'] as const) {
      expect(() => read(blob, use)).toThrow(expect.objectContaining({ reason, metadata: { field: 'key.sealed' } }));
    }
    const { opened: contents } = read(blob, 'confirm');
    expect(isExpired(contents ?? { pendingUntil: undefined }, NOW)).toBe(isLate);
  });

  it('a confirmed key has no end', () => {
    expect(isExpired({ pendingUntil: undefined }, Number.MAX_SAFE_INTEGER)).toBe(false);
  });
});

it('a key of a retired ring key differs in the error from a key of an unknown one', () => {
  const blob = blobOf();
  const { id, createTime, sealsFrom } = keyOf(2, 1);
  const retired = { find: (asked: string) => (asked === id ? { id, createTime, sealsFrom, secret: undefined } : undefined) };
  const other = createSealing({ ...ring, ...retired });
  const none = createSealing({ ...ring, find: () => undefined });
  const open = (by: typeof sealing) => () =>
    new KeyOpener(by, context(), NOW, 'ordinary').open({ blob, context: new Uint8Array(0) } as never, 'alternatives[1].sealed');
  expect(open(other)).toThrow(
    expect.objectContaining({ reason: 'sealed_key_invalid', metadata: { field: 'alternatives[1].sealed' } }),
  );
  expect(open(none)).toThrow(
    expect.objectContaining({ reason: 'sealing_key_unknown', metadata: { field: 'alternatives[1].sealed', sealing_key: id } }),
  );
});

it('without an opener a sealed key is refused', () => {
  expect(() => readKey(create(KeySchema, key(blobOf())))).toThrow(/cannot be opened here/);
});
