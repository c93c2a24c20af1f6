/** ResyncHotp: finds the counter of a device that has run ahead, by several consecutive codes (RFC 4226 section 7.4). */
import { create } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import {
  type ResyncHotpRequest,
  type ResyncHotpResponse,
  ResyncHotpResponseSchema,
  VerifyStatus,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { Violations } from '../otp/error.ts';
import { readCode } from '../otp/hotp.ts';
import type { Bounds } from '../otp/params.ts';
import { findRun } from '../otp/search.ts';
import type { Attempt } from '../ports/codes.ts';
import type { CallContext } from '../rpc/context.ts';
import type { Turns } from '../rpc/work-queue.ts';
import { stateNameOf } from '../verification/fingerprint.ts';
import { attemptRequest, type JudgingPorts, judgeFor, noteJudged, STATUS } from './judging.ts';
import { type ResolvedKey, requireKey } from './key.ts';
import { readBounded } from './numbers.ts';
import { readRequestId } from './request-id.ts';
import { KeyOpener, reseal, type SealingPort, whileOpen } from './sealed-key.ts';
import { checkCode } from './verify-request.ts';

/** The number of consecutive codes: a single code would be guessed once in a thousand times. */
export const RESYNC_CODES: Bounds = { min: 2, max: 3 };
/** The number of counters that are searched for the first code. */
export const RESYNC_WINDOW: Bounds = { min: 1, max: 1000 };

/** A search, checked and complete. */
interface Resynchronisation {
  readonly key: ResolvedKey;
  /** The counter of the key, where the search begins. */
  readonly counter: number;
  readonly window: number;
  /** In lower case; undefined if retries are not recognised. */
  readonly requestId: string | undefined;
}

/** Makes the handler. The codes are computed in steps, in turns with other work; all codes of a request are one attempt. */
export function createResyncHotp(
  ports: JudgingPorts & SealingPort,
  turns: Turns,
): (request: ResyncHotpRequest, context: CallContext) => ResyncHotpResponse | Promise<ResyncHotpResponse> {
  return (request, context) => {
    const now = context.now();
    const opener = new KeyOpener(ports.sealing, context, now, 'ordinary');
    return whileOpen(opener, () => {
      const resync = readResynchronisation(request, opener);
      const { digits } = resync.key.parameters;
      const codes = request.codes.flatMap((code) => readCode(code, digits) ?? []);
      if (codes.length < request.codes.length) {
        noteJudged(context, 'malformed', resync.key);
        return create(ResyncHotpResponseSchema, { status: VerifyStatus.MALFORMED });
      }
      return resynchronise(ports, turns, resync, codes, context, now);
    });
  };
}

async function resynchronise(
  ports: JudgingPorts & SealingPort,
  turns: Turns,
  resync: Resynchronisation,
  codes: readonly string[],
  context: CallContext,
  now: number,
): Promise<ResyncHotpResponse> {
  const { key, counter, window } = resync;
  const search = { ...key, window: { first: counter, last: counter + window - 1 }, codes };
  const first = await turns.run(findRun(search), context.call);
  const attempt = attemptOf(ports, resync, codes, first, context);
  const { judgement } = await judgeFor(ports, [attempt], context, now);
  noteJudged(context, judgement, key);
  const { outcome, step, attemptsRemaining, retryAfterMs } = judgement;
  const valid = outcome === 'accepted';
  const resealed = valid ? reseal(ports.sealing, key.opened, now) : undefined;
  return create(ResyncHotpResponseSchema, {
    valid,
    status: STATUS[outcome],
    ...(step === undefined ? {} : { matchedStep: BigInt(step) }),
    ...(valid && step !== undefined ? { nextCounter: BigInt(step) + 1n } : {}),
    attemptsRemaining,
    ...(retryAfterMs === undefined ? {} : { retryAfter: durationFromMs(Math.ceil(retryAfterMs)) }),
    ...(resealed === undefined ? {} : { resealed }),
  });
}

/** @param first the counter of the first code; undefined if the codes were not found. */
function attemptOf(
  ports: JudgingPorts,
  { key: { secret, parameters }, counter, window, requestId }: Resynchronisation,
  codes: readonly string[],
  first: number | undefined,
  { principal }: CallContext,
): Attempt {
  const name = stateNameOf(ports.fingerprints, secret, parameters, ports.codes);
  const { algorithm, digits } = parameters;
  const asked = () => ['resync', name.fingerprint, algorithm, digits, counter, window, codes];
  const step = first === undefined ? undefined : first + codes.length - 1;
  return {
    ...name,
    step,
    firstStep: first,
    drift: step === undefined ? 0 : step - counter,
    claim: true,
    afterStep: undefined,
    matchableMs: 0,
    request: attemptRequest(ports, principal, requestId, asked),
  };
}

/** Reads `request`. Throws every violation at once or, if there is none, the `Rejection` of a sealed key. */
function readResynchronisation(request: ResyncHotpRequest, opener: KeyOpener): Resynchronisation {
  const violations = new Violations();
  const key = requireKey(request.key, violations, opener);
  if (key?.parameters.type === 'totp') violations.add('key.type', 'must be HOTP: a TOTP follows the clock, and has no counter');
  const { min, max } = RESYNC_CODES;
  if (request.codes.length < min || request.codes.length > max)
    violations.add('codes', `must be ${min} or ${max}, in the order in which the device showed them`);
  else for (const [place, code] of request.codes.entries()) checkCode(`codes[${place}]`, code, violations);
  const asked = request.window === 0 ? undefined : request.window;
  const window = violations.collect('', readBounded, 'window', asked, RESYNC_WINDOW, RESYNC_WINDOW.max);
  const requestId = readRequestId(request.requestId, violations);
  violations.throwIfAny();
  opener.throwIfRefused();
  if (key?.counter === undefined || window === undefined) throw new Error('a request without violations is complete');
  return { key, counter: key.counter, window, requestId };
}
