/** Verify: checks that a code is right now, and that it was not used before. */
import { create } from '@bufbuild/protobuf';
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
import type { Attempt, Judgement, StateName } from '../ports/codes.ts';
import type { CallContext } from '../rpc/context.ts';
import type { Turns } from '../rpc/work-queue.ts';
import type { Decision } from '../verification/alternatives.ts';
import { stateNameOf } from '../verification/fingerprint.ts';
import { attemptRequest, enrolmentExpired, type JudgingPorts, judgeFor, noteJudged, STATUS } from './judging.ts';
import { timestamp } from './numbers.ts';
import { KeyOpener, reseal, type SealingPort, whileOpen } from './sealed-key.ts';
import { type KeyCheck, readVerification, type Verification } from './verify-request.ts';

/** A key that the code may belong to, by its form. */
interface Candidate extends KeyCheck {
  /** 0 for `key`, n for the nth of `alternatives`. */
  readonly place: number;
  readonly code: string;
}

/** A checked request. */
interface Asked {
  readonly request: VerifyRequest;
  readonly verification: Verification;
  readonly context: CallContext;
  readonly now: number;
}

/** The dependencies of Verify. */
export interface VerifyPorts extends JudgingPorts, SealingPort {}

/** Makes the handler. It answers only after the store has judged the code, whatever the comparison says. */
export function createVerify(
  ports: VerifyPorts,
  turns: Turns,
): (request: VerifyRequest, context: CallContext) => VerifyResponse | Promise<VerifyResponse> {
  async function judge(compared: Compared, context: CallContext): Promise<VerifyResponse> {
    return compared.answer(await judgeFor(ports, compared.attempts, context, compared.now));
  }

  return (request, context) => {
    const opener = new KeyOpener(ports.sealing, context, context.now(), request.confirm ? 'confirm' : 'ordinary');
    return whileOpen(opener, () => {
      const compared = compare(ports, turns, request, context, opener);
      if (compared instanceof Promise) return compared.then((late) => judge(late, context));
      return compared instanceof Compared ? judge(compared, context) : compared;
    });
  };
}

/** A code after its comparison and before its judgement. */
export class Compared {
  readonly #ports: VerifyPorts;
  readonly #asked: Asked;
  readonly #candidates: readonly Candidate[];
  /** An attempt for each key that the code may belong to. */
  readonly attempts: readonly Attempt[];

  constructor(ports: VerifyPorts, asked: Asked, candidates: readonly Candidate[], steps: readonly (number | undefined)[]) {
    this.#ports = ports;
    this.#asked = asked;
    this.#candidates = candidates;
    this.attempts = attemptsOf(ports, asked, candidates, steps);
  }

  /** When the request was read, in ms since the epoch. */
  get now(): number {
    return this.#asked.now;
  }

  /** The answer, once the store has decided on the attempts. */
  answer({ judgement, places }: Decision): VerifyResponse {
    const { context, now } = this.#asked;
    const decided = this.#candidates[places[0] ?? 0];
    noteJudged(context, judgement, decided?.key);
    const resealed = judgement.outcome === 'accepted' ? reseal(this.#ports.sealing, decided?.key.opened, now) : undefined;
    return answerTo(judgement, decided, resealed, context);
  }
}

/**
 * Reads a request and compares its code; returns the answer itself for a malformed code. Long windows are searched in steps, in turns with other work.
 * Throws every violation, and the `Rejection` of a sealed key.
 *
 * @param opener made for the request; the caller disposes of it after the answer.
 */
export function compare(
  ports: VerifyPorts,
  turns: Turns,
  request: VerifyRequest,
  context: CallContext,
  opener: KeyOpener,
): Compared | VerifyResponse | Promise<Compared> {
  const { now } = opener;
  const verification = readVerification(request, opener, now);
  const candidates = candidatesOf(request, verification);
  if (candidates.length === 0 && !verification.isLate) {
    noteJudged(context, 'malformed', verification.checks[0]?.key);
    return create(VerifyResponseSchema, { status: VerifyStatus.MALFORMED, serverTime: timestamp(context.now()) });
  }
  // An expired enrolment is not confirmed, but a retry gets the answer that was lost at the end of its time.
  if (verification.isLate && (candidates.length === 0 || verification.requestId === undefined)) throw enrolmentExpired();
  const asked = { request, verification, context, now };
  const searches = candidates.map(({ key: { secret, parameters }, window, code }) => ({ secret, parameters, window, code }));
  const steps = turns.run(findMatches(searches), context.call);
  // Available results are not awaited.
  return steps instanceof Promise
    ? steps.then((late) => new Compared(ports, asked, candidates, late))
    : new Compared(ports, asked, candidates, steps);
}

/** The keys that the code may belong to. */
function candidatesOf(request: VerifyRequest, { checks }: Verification): Candidate[] {
  return checks.flatMap((check, place): Candidate[] => {
    const code = readCode(request.code, check.key.parameters.digits);
    return code === undefined ? [] : [{ ...check, place, code }];
  });
}

function attemptsOf(
  ports: JudgingPorts,
  asked: Asked,
  candidates: readonly Candidate[],
  steps: readonly (number | undefined)[],
): Attempt[] {
  const { request, verification, context, now } = asked;
  const { checks, afterStep, requestId, isLate } = verification;
  const names = checks.map(({ key: { secret, parameters } }) => stateNameOf(ports.fingerprints, secret, parameters, ports.codes));
  return candidates.map((candidate, index) => {
    const { key, current, place } = candidate;
    const name = names[place];
    if (name === undefined) throw new Error('every key has a name');
    const step = steps[index];
    return {
      ...name,
      step,
      drift: step === undefined ? 0 : step - current,
      claim: !request.allowReuse,
      afterStep,
      matchableMs: step === undefined ? 0 : matchableMs(step, key.parameters.period, now),
      request: attemptRequest(ports, context.principal, requestId, () => allAsked(asked, names, candidate)),
      ...(isLate && { onlyRepeat: true }),
    };
  });
}

/** The content of a call about one of its keys, which distinguishes a retry from another request. */
function allAsked({ request, verification }: Asked, names: readonly StateName[], { place, code }: Candidate): unknown[] {
  const { pastSteps, futureSteps, lookAhead, allowReuse, confirm } = request;
  const keys = verification.checks.map(({ key: { parameters, counter } }, index) => {
    const { type, period, algorithm, digits } = parameters;
    return [names[index]?.fingerprint, type, period, algorithm, digits, counter];
  });
  // The place is included: if a secret is named twice, the answer belongs to one of the names.
  const ofKeys = keys.length === 1 ? keys : [keys, place];
  const { afterStep } = verification;
  return [...ofKeys, code, pastSteps, futureSteps, lookAhead, afterStep, allowReuse, ...(confirm ? ['confirm'] : [])];
}

/** How long the code of a TOTP step can still match, in ms, in the widest window that a caller may request; 0 for HOTP. */
function matchableMs(step: number, period: number, now: number): number {
  return period === 0 ? 0 : stepStart(step + BOUNDS.window.max + 1, period) - now;
}

/**
 * The answer for a judgement; `decided` is the key that the code belongs to, if any. Every field is written out, as `create` would do at several times the
 * cost.
 */
function answerTo(
  { outcome, step, drift, attemptsRemaining, retryAfterMs }: Judgement,
  decided: Candidate | undefined,
  resealed: VerifyResponse['resealed'],
  { now }: CallContext,
): VerifyResponse {
  const valid = outcome === 'accepted';
  const isRight = step !== undefined;
  const isHotp = decided?.key.parameters.type === 'hotp';
  return {
    $typeName: 'otp.v1.VerifyResponse',
    valid,
    status: STATUS[outcome],
    matchedStep: isRight ? BigInt(step) : undefined,
    driftSteps: isRight ? drift : undefined,
    nextCounter: valid && isRight && isHotp ? BigInt(step) + 1n : undefined,
    attemptsRemaining,
    retryAfter: retryAfterMs === undefined ? undefined : durationFromMs(Math.ceil(retryAfterMs)),
    matchedKey: isRight ? (decided?.place ?? 0) : undefined,
    resealed,
    serverTime: timestamp(now()),
  };
}
