/** Shows the state of a secret, or of a set of recovery codes, for `otpd attempts`. */
import { stepAt, stepStart } from '../../otp/totp.ts';
import type { ResetTrack } from '../../ports/audit.ts';
import type { CodeState, StateName, Track } from '../../ports/codes.ts';
import { attemptsRemaining, HARD_STOP, lockEnd } from '../../verification/lock.ts';
import { reset } from '../../verification/rules.ts';
import { trackOf } from '../../verification/tracks.ts';
import { formatDuration, formatInstant } from '../input/time.ts';

/** The wrong codes and their lock. */
export type Attempts = Pick<CodeState, 'failures' | 'lockedUntil'>;

/** The same for a set of recovery codes. */
export interface SetAttempts extends Attempts {
  /** The number of used codes. */
  readonly usedCount: number;
  readonly isRevoked: boolean;
}

/** Says whether the secret is locked, and how to unlock it. */
export function describeState(state: CodeState, now: number): string {
  const ahead = reset(state, now) === undefined ? '' : '; used steps lie in the future: see `otpd attempts reset`';
  return describeLock(state, now, 'secret') + ahead;
}

/** The same for a set of recovery codes. */
export function describeSet(state: SetAttempts, now: number): string {
  const { usedCount: used, isRevoked } = state;
  const kept = isRevoked ? 'revoked' : `${used} recovery code${used === 1 ? '' : 's'} used`;
  return `${describeLock(state, now, 'set')}; ${kept}`;
}

/** Describes the lock alone; `what` is `secret` or `set`. */
function describeLock(state: Attempts, now: number, what: string): string {
  const { failures } = state;
  if (failures >= HARD_STOP) return `locked until \`otpd attempts unlock\`; ${counted(failures)}`;
  const end = lockEnd(state, now);
  if (end > 0) return `locked for ${formatDuration(end - now)}, until ${formatInstant(end)}; ${counted(failures)}`;
  return `open; ${counted(failures)}, ${attemptsRemaining(state)} more before the ${what} is locked`;
}

export function counted(failures: number): string {
  return `${failures} wrong code${failures === 1 ? '' : 's'} in a row`;
}

/** The state of a secret as JSON; `lastStep` is that of the given type and period. */
export function stateJson(
  state: CodeState,
  { period }: Pick<StateName, 'period'>,
  now: number,
): Readonly<Record<string, unknown>> {
  return {
    ...attemptsJson(state, now),
    lastStep: trackOf(state.tracks, period)?.last ?? null,
    tracks: state.tracks.map(trackJson),
  };
}

/** The state of a set of recovery codes. */
export function setJson(state: SetAttempts, now: number): Readonly<Record<string, unknown>> {
  return { ...attemptsJson(state, now), usedCount: state.usedCount, revoked: state.isRevoked };
}

/** The same as JSON. */
function attemptsJson(state: Attempts, now: number): Readonly<Record<string, unknown>> {
  const end = lockEnd(state, now);
  return {
    failures: state.failures,
    locked: end > 0,
    lockedUntil: end > 0 && end < Number.POSITIVE_INFINITY ? new Date(end).toISOString() : null,
    attemptsRemaining: end > 0 ? 0 : attemptsRemaining(state),
  };
}

function trackJson({ period, first, last, until }: Track): Readonly<Record<string, unknown>> {
  return {
    type: period === 0 ? 'hotp' : 'totp',
    periodSeconds: period,
    firstStep: first,
    lastStep: last,
    keptUntil: until === undefined ? null : new Date(until).toISOString(),
  };
}

/** Describes the effect of a reset. */
export function describeReset(tracks: readonly ResetTrack[]): string {
  return tracks.map(describeTrack).join('\n');
}

function describeTrack({ periodSeconds, lastStep, newLastStep }: ResetTrack): string {
  const [track, unit] = periodSeconds === 0 ? ['HOTP', 'counter'] : [`period ${periodSeconds} s`, 'step'];
  if (newLastStep !== null)
    return `${track}: used ${unit} ${lastStep} is put back to ${newLastStep}, codes are accepted from the next ${unit} on`;
  return `${track}: used ${unit} ${lastStep} is forgotten, codes are accepted from now on`;
}

/** Says why a reset changed nothing, and what helps instead. */
export function whyNothingToReset({ tracks }: CodeState, { period }: StateName, now: number): string {
  if (period === 0)
    return 'nothing to reset: a HOTP has no clock; go on from its next counter, or name with --counter the one to begin with anew';
  const last = trackOf(tracks, period)?.last ?? -1;
  const wait =
    last < stepAt(now, period)
      ? ''
      : `; the next code that can be accepted is that of ${formatInstant(stepStart(last + 1, period))}`;
  return `nothing to reset: no used step is later than a window reaches from now${wait}`;
}
