/** A random run with jumps of time: each answer equals the answer of the model, through every delay up to the hard stop. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { durationMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { VerifyRequestSchema, type VerifyResponse } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { completeParameters } from '../../src/otp/params.ts';
import { stepAt } from '../../src/otp/totp.ts';
import type { CodeStore } from '../../src/ports/codes.ts';
import { Rejection } from '../../src/ports/rejection.ts';
import { createTurns } from '../../src/rpc/work-queue.ts';
import { createSealing } from '../../src/sealing/sealing.ts';
import { createVerify } from '../../src/service/verify.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { createFingerprints, stateNameOf } from '../../src/verification/fingerprint.ts';
import { ringOf } from '../sealing/rings.ts';
import { callContext } from '../support/context.ts';
import { createMemoryCodes } from '../support/memory-codes.ts';
import { openPatientStore, PATIENT_REDIS } from '../support/patient-store.ts';
import { redisSuite, startRedis } from '../support/redis.ts';
import { OUTCOMES } from './caller.ts';
import { nextRandom, progress, type Random, size } from './form.ts';
import { codeOf, hotpKey, requestOf, type TestKey, totpKey, wrongCode } from './keys.ts';
import { createModel, type Question, type Reply } from './model.ts';

const QUESTIONS = size(1200, 10_000);
const TIMEOUT = size(30_000, 300_000);
const HOUR = 3_600_000;
/** The same in every run, so that a seed repeats its run. */
const START = 1_800_000_000_000;
/** A repeat is one of the latest requests, and at most this old. Its answer is kept for a day. */
const REMEMBERED = 6;
const REPEATED_MS = 23 * HOUR;
const CALLERS = ['one', 'other'] as const;
/** The window of a TOTP and the look-ahead of a HOTP in every request. */
const WINDOW = 10;

/** A question that was sent, under a request id of a caller. */
interface Sent {
  readonly asked: Question;
  /**
   * The time at which the answer was kept. A throttled answer is not kept, so this may be the time of a later repeat; after the clock was set back,
   * it may be earlier than the question.
   */
  at: number;
  isKept: boolean;
}

/** A key in use, with mostly wrong codes or mostly right codes. */
interface Slot {
  readonly name: string;
  readonly key: TestKey;
  readonly wrong: number;
  readonly sent: Sent[];
}

describe('a random run in jumps of time', () => {
  test('is judged by the rules in memory', () => expectModel(createMemoryCodes()), TIMEOUT);

  test(
    'is judged by the rules in SQLite',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'otpd-rules-'));
      const store = openPatientStore(join(folder, 'otpd.db'));
      await store.ping();
      await expectModel(store.codes).finally(() => store.close());
      rmSync(folder, { recursive: true });
    },
    TIMEOUT,
  );
});

redisSuite('a random run in jumps of time', () => {
  test(
    'is judged by the rules in Redis',
    async () => {
      const redis = await startRedis();
      const store = await openRedisStore({ url: redis.url, ...PATIENT_REDIS, onWarning: () => undefined });
      await expectModel(store.codes).finally(() => store.close());
      await redis.stop();
    },
    TIMEOUT,
  );
});

async function expectModel(codes: CodeStore): Promise<void> {
  const random = nextRandom();
  const model = createModel();
  const fingerprints = createFingerprints(random.bytes(32));
  const verify = createVerify(
    { codes, fingerprints, sealing: createSealing(ringOf(1)), audit: () => undefined, knows: () => true },
    createTurns(),
  );
  const seen = new Set<string>();
  let [now, latest] = [START, START];

  async function ask({ key }: Slot, asked: Question): Promise<Reply> {
    const { code, requestId, claim, afterStep, counter } = asked;
    const request = requestOf(key, code, {
      ...(requestId !== undefined && { requestId }),
      ...(afterStep !== undefined && { afterStep: BigInt(afterStep) }),
      allowReuse: !claim,
      ...(counter !== undefined && { counter: BigInt(counter) }),
    });
    const principal = { keyId: asked.caller, plan: 'unlimited', scopes: new Set(['verify'] as const), tenant: 'default' };
    try {
      return replyOf(await verify(create(VerifyRequestSchema, request), callContext({ principal, now: () => now })));
    } catch (error) {
      if (error instanceof Rejection && error.reason === 'request_id_reused') return { outcome: 'request_id_reused' };
      throw error;
    }
  }

  async function unlock({ name, key }: Slot): Promise<void> {
    const parameters = completeParameters(key.type === 'hotp' ? { type: 'hotp' } : { period: key.period });
    await codes.unlock(stateNameOf(fingerprints, key.bytes, parameters, codes), now);
    model.unlock(name);
  }

  const stubborn: Slot = { name: 'stopped', key: hotpKey(random), wrong: 1, sent: [] };
  const slots: Slot[] = [
    stubborn,
    { name: 'hotp', key: hotpKey(random), wrong: 0.15, sent: [] },
    { name: 'totp', key: totpKey(random, 30), wrong: 0.15, sent: [] },
    { name: 'guessed hotp', key: hotpKey(random), wrong: 0.6, sent: [] },
    { name: 'guessed totp', key: totpKey(random), wrong: 0.6, sent: [] },
  ];
  for (let left = QUESTIONS; left > 0; left -= 1) {
    progress('questions', QUESTIONS - left, QUESTIONS);
    // The hundred wrong codes of a hard stop need many questions, so about one in three is for the stubborn guesser.
    const slot = random.chance(0.2) ? stubborn : random.pick(slots);
    const until = model.lockedUntil(slot.name);
    // The stubborn guesser asks again when the delay ends.
    now = slot === stubborn && Number.isFinite(until) ? Math.max(now, until) : now + jump(until - now, random);
    latest = Math.max(latest, now);
    const isStopped = until === Number.POSITIVE_INFINITY;
    // A stopped secret also gets right codes.
    const asked = next(isStopped ? { ...slot, wrong: 0.5 } : slot, model.lastStep(slot.name), { now, latest }, random);
    const reply = await ask(slot, asked);
    const isKept = reply.outcome !== 'throttled';
    const sent = slot.sent.find((one) => one.asked.requestId === asked.requestId && one.asked.caller === asked.caller);
    if (sent === undefined) slot.sent.push({ asked, at: now, isKept });
    else if (!sent.isKept) Object.assign(sent, { at: now, isKept });
    expect({ asked, reply }).toEqual({ asked, reply: model.verify(asked, now) });
    seen.add(reply.outcome === 'throttled' && reply.waitMs === undefined ? 'stopped' : reply.outcome);
    if (isStopped ? random.chance(0.2) : slot.wrong < 1 && random.chance(0.02)) await unlock(slot);
  }
  // A run without these outcomes would show nothing.
  expect([...seen].toSorted()).toEqual(
    ['accepted', 'malformed', 'mismatch', 'replayed', 'request_id_reused', 'stopped', 'throttled'].toSorted(),
  );
}

/**
 * Returns a jump of time: a little or some hours ahead, or up to two days back. For a locked secret often to the end of the lock, and for a stopped
 * secret beyond the longest delay.
 */
function jump(lockedMs: number, random: Random): number {
  if (random.chance(0.03)) return -random.below(48 * HOUR);
  if (lockedMs === Number.POSITIVE_INFINITY && random.chance(0.2)) return 25 * HOUR;
  if (lockedMs > 0 && lockedMs < Number.POSITIVE_INFINITY && random.chance(0.6)) return lockedMs - (random.chance(0.2) ? 1 : 0);
  return random.chance(0.03) ? random.below(10 * HOUR) : random.below(2000);
}

/** Chooses the next question. `latest` is the latest time that the clock has shown: an answer that had expired then may be lost. */
function next(slot: Slot, lastStep: number, { now, latest }: { now: number; latest: number }, random: Random): Question {
  const recent = slot.sent
    .slice(-REMEMBERED)
    .filter(({ asked: { requestId } }) => requestId !== undefined && slot.sent.every(isRecentUnder(requestId, latest)));
  const asked = chosen(slot, lastStep, now, random);
  if (recent.length === 0 || random.chance(0.8)) return asked;
  const { asked: before } = random.pick(recent);
  if (random.chance(0.6)) return before;
  // The code of a TOTP may belong to another step now, so only a HOTP request is sent by another caller.
  if (before.counter !== undefined && random.chance(0.4)) return { ...before, caller: random.pick(CALLERS) };
  return random.chance(0.5)
    ? { ...before, claim: !before.claim }
    : { ...asked, caller: before.caller, requestId: before.requestId };
}

/** Whether an answer under the request id, of any caller, cannot have expired. */
function isRecentUnder(requestId: string, latest: number): (sent: Sent) => boolean {
  return ({ asked, at }) => asked.requestId !== requestId || latest - at < REPEATED_MS;
}

/** Chooses a question with the code of a step near the last used step, or with a wrong code. */
function chosen({ name, key, wrong }: Slot, lastStep: number, now: number, random: Random): Question {
  const current = key.type === 'totp' ? stepAt(now, key.period) : Math.max(0, lastStep - random.below(4));
  const window =
    key.type === 'totp' ? { first: current - WINDOW, last: current + WINDOW } : { first: current, last: current + 100 };
  const around = Math.max(lastStep, key.type === 'totp' ? current - 3 : -1);
  const sent = Math.max(0, around + 3 - random.below(6));
  const isMalformed = random.chance(0.05);
  const isRight = !random.chance(wrong) && sent >= window.first && sent <= window.last;
  const common = {
    key: name,
    caller: random.pick(CALLERS),
    requestId: random.chance(0.5) ? random.uuid() : undefined,
    claim: random.chance(0.7),
    afterStep: random.chance(0.1) ? Math.max(0, sent - 1 + random.below(3)) : undefined,
    counter: key.type === 'totp' ? undefined : current,
    isMalformed,
  };
  if (isMalformed) return { ...common, code: random.pick(['1', '123456789', '1234567x']), step: undefined, drift: 0 };
  // A code before the counter of a HOTP is wrong.
  if (!isRight) return { ...common, code: lookBack(key, window.first, random), step: undefined, drift: 0 };
  return { ...common, code: codeOf(key, sent), step: sent, drift: sent - current };
}

function lookBack(key: TestKey, first: number, random: Random): string {
  return first > 0 && random.chance(0.3) ? codeOf(key, first - 1) : wrongCode(key, random);
}

function replyOf({ status, valid, matchedStep, driftSteps, nextCounter, attemptsRemaining, retryAfter }: VerifyResponse): Reply {
  const outcome = OUTCOMES[status] ?? 'unknown';
  expect(valid).toBe(outcome === 'accepted');
  if (nextCounter !== undefined) expect(nextCounter).toBe((matchedStep ?? 0n) + 1n);
  return {
    outcome,
    ...(matchedStep !== undefined && { step: Number(matchedStep), drift: driftSteps ?? 0 }),
    ...(attemptsRemaining !== undefined && { remaining: attemptsRemaining }),
    ...(retryAfter !== undefined && { waitMs: durationMs(retryAfter) }),
  };
}
