/** Verify: is this code right, now, for the first time? */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import {
  type VerifyRequest,
  type VerifyResponse,
  VerifyResponseSchema,
  VerifyStatus,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { readCode } from '../otp/hotp.ts';
import { BOUNDS } from '../otp/params.ts';
import { findMatches } from '../otp/search.ts';
import { stepStart } from '../otp/totp.ts';
import type { Attempt, Judgement } from '../ports/codes.ts';
import type { CallContext } from '../rpc/context.ts';
import type { Turns } from '../rpc/work-queue.ts';
import { stateNameOf } from '../verification/fingerprint.ts';
import { attemptRequest, enrolmentExpired, type JudgingPorts, judgeFor, noteJudged, STATUS } from './judging.ts';
import { KeyOpener, reseal, type SealingPort, whileOpen } from './sealed-key.ts';
import { timestamp } from './token-message.ts';
import { type KeyCheck, readVerification, type Verification } from './verify-request.ts';

/** A key that the code may be of, by its form. */
interface Candidate extends KeyCheck {
  /** 0 for `key`, n for the nth of `alternatives`. */
  readonly place: number;
  readonly code: string;
}

/** A call, read. */
interface Asked {
  readonly request: VerifyRequest;
  readonly verification: Verification;
  readonly context: CallContext;
  readonly now: number;
}

/** The needs of Verify besides the request. */
export interface VerifyPorts extends JudgingPorts, SealingPort {}

/** Makes the handler. Whatever the comparison says, nothing is told before the store has judged it. */
export function createVerify(
  ports: VerifyPorts,
  turns: Turns,
): (request: VerifyRequest, context: CallContext) => VerifyResponse | Promise<VerifyResponse> {
  return (request, context) => {
    const now = context.now();
    const opener = new KeyOpener(ports.sealing, context, now, request.confirm ? 'confirm' : 'ordinary');
    return whileOpen(opener, () => {
      const verification = readVerification(request, opener, now);
      const candidates = candidatesOf(request, verification);
      if (candidates.length === 0 && !verification.isLate) {
        noteJudged(context, 'malformed', verification.checks[0]?.key);
        return answerOf({ status: VerifyStatus.MALFORMED }, context);
      }
      // An enrolment whose time is over is not confirmed, but an answer that was lost at the end of its time is given again.
      if (verification.isLate && (candidates.length === 0 || verification.requestId === undefined)) throw enrolmentExpired();
      return verify(ports, turns, { request, verification, context, now }, candidates);
    });
  };
}

/** The keys whose code it may be. */
function candidatesOf(request: VerifyRequest, { checks }: Verification): Candidate[] {
  return checks.flatMap((check, place): Candidate[] => {
    const code = readCode(request.code, check.key.parameters.digits);
    return code === undefined ? [] : [{ ...check, place, code }];
  });
}

async function verify(ports: VerifyPorts, turns: Turns, asked: Asked, candidates: readonly Candidate[]): Promise<VerifyResponse> {
  const { context, now } = asked;
  const searches = candidates.map(({ key: { secret, parameters }, window, code }) => ({ secret, parameters, window, code }));
  const steps = await turns.run(findMatches(searches), context.call);
  const attempts = attemptsOf(ports, asked, candidates, steps);
  const { judgement, places } = await judgeFor(ports, attempts, context, now);
  const decided = candidates[places[0] ?? 0];
  noteJudged(context, judgement, decided?.key);
  const answer = answerOf(fieldsOf(judgement, decided), context);
  const resealed = answer.valid ? reseal(ports.sealing, decided?.key.opened, now) : undefined;
  if (resealed !== undefined) answer.resealed = resealed;
  return answer;
}

function attemptsOf(
  ports: JudgingPorts,
  { request, verification, context: { principal }, now }: Asked,
  candidates: readonly Candidate[],
  steps: readonly (number | undefined)[],
): Attempt[] {
  const { checks, afterStep, requestId, isLate } = verification;
  const { pastSteps, futureSteps, lookAhead, allowReuse, confirm } = request;
  const names = checks.map(({ key: { secret, parameters } }) => stateNameOf(ports.fingerprints, secret, parameters, ports.codes));
  const askedKeys = checks.map(({ key: { parameters, counter } }, place) => {
    const { type, period, algorithm, digits } = parameters;
    return [names[place]?.fingerprint, type, period, algorithm, digits, counter];
  });
  return candidates.map(({ key, current, place, code }, index) => {
    const name = names[place];
    if (name === undefined) throw new Error('every key has a name');
    const step = steps[index];
    const { period } = key.parameters;
    // With its place: of a secret that is named twice, the answer belongs to one of the names.
    const keys = askedKeys.length === 1 ? askedKeys : [askedKeys, place];
    const asked = [...keys, code, pastSteps, futureSteps, lookAhead, afterStep, allowReuse, ...(confirm ? ['confirm'] : [])];
    return {
      ...name,
      step,
      drift: step === undefined ? 0 : step - current,
      claim: !allowReuse,
      afterStep,
      matchableMs: step === undefined ? 0 : matchableMs(step, period, now),
      request: attemptRequest(ports, principal, requestId, asked),
      ...(isLate && { onlyRepeat: true }),
    };
  });
}

/** How long the code of a TOTP's step can still match, in ms, with the widest window that a caller may ask for; 0 for HOTP. */
function matchableMs(step: number, period: number, now: number): number {
  return period === 0 ? 0 : stepStart(step + BOUNDS.window.max + 1, period) - now;
}

/** The fields that tell a judgement; `decided` is the key whose code it is, if it is of any. */
function fieldsOf(judgement: Judgement, decided: Candidate | undefined): MessageInitShape<typeof VerifyResponseSchema> {
  const { outcome, step, drift, attemptsRemaining, retryAfterMs } = judgement;
  const valid = outcome === 'accepted';
  const isHotp = decided?.key.parameters.type === 'hotp';
  return {
    valid,
    status: STATUS[outcome],
    ...(step === undefined ? {} : { matchedStep: BigInt(step), driftSteps: drift, matchedKey: decided?.place ?? 0 }),
    ...(valid && step !== undefined && isHotp ? { nextCounter: BigInt(step) + 1n } : {}),
    attemptsRemaining,
    ...(retryAfterMs === undefined ? {} : { retryAfter: durationFromMs(Math.ceil(retryAfterMs)) }),
  };
}

function answerOf(fields: MessageInitShape<typeof VerifyResponseSchema>, { now }: CallContext): VerifyResponse {
  return create(VerifyResponseSchema, { ...fields, serverTime: timestamp(now()) });
}
