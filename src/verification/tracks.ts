/** The used moving factors of a secret, kept separately for each period, since a step of one period says nothing about a step of another. */
import { BOUNDS } from '../otp/params.ts';
import { stepAt } from '../otp/totp.ts';
import type { Attempt, Track } from '../ports/codes.ts';

/** How much longer a used step is kept than its code could match, in ms: 30 days, since clocks jump. */
export const USED_KEPT_MS = 2_592_000_000;
/** The most tracks of one secret: a service uses one period for a secret, and one or two others after a new enrolment. */
export const MOST_TRACKS = 4;
/** An upper bound, in periods, of how long the code of an accepted step can match: twice the widest window. */
export const MATCHABLE_PERIODS: number = 2 * BOUNDS.window.max + 1;

/** The tracks that have not expired at `now`. */
export function liveTracks(tracks: readonly Track[], now: number): readonly Track[] {
  return tracks.every((track) => isLive(track, now)) ? tracks : tracks.filter((track) => isLive(track, now));
}

/** The track of a period. */
export function trackOf(tracks: readonly Track[], period: number): Track | undefined {
  return tracks.find((track) => track.period === period);
}

/**
 * Whether a step, or one of the steps from `first` to `step`, was used. On the track of its own period, every step up to the last used one counts as
 * used; on another track, the steps from its first to its last do.
 */
export function isUsed(tracks: readonly Track[], period: number, step: number, first: number = step): boolean {
  return tracks.some((track) => first <= track.last && (track.period === period || step >= track.first));
}

/** The tracks after `step`, and the steps before it from `firstStep` on, are claimed at `now`. */
export function withClaim(tracks: readonly Track[], attempt: Attempt, step: number, now: number): Track[] {
  const { period, matchableMs, firstStep = step } = attempt;
  const first = Math.min(trackOf(tracks, period)?.first ?? firstStep, firstStep);
  return withTrack(tracks, {
    period,
    first: Math.max(first, step - keptSteps(period)),
    last: step,
    until: period === 0 ? undefined : now + matchableMs + USED_KEPT_MS,
  });
}

/** The track of a former state, of which only the last step is known: every step that it may contain counts as used. */
export function formerTrack(period: number, last: number, now: number): Track {
  return {
    period,
    first: Math.max(0, last - keptSteps(period)),
    last,
    until: period === 0 ? undefined : now + MATCHABLE_PERIODS * period * 1000 + USED_KEPT_MS,
  };
}

/**
 * The tracks without their future at `now`, for an operator whose clock was ahead. A track lies in the future if its last step is later than any window
 * reaches from the current step. Such a track is forgotten if no step up to the current one was used; otherwise it is set back to the current step, so
 * that no step up to now is accepted again. HOTP has no clock: its future begins at the counter `nextCounter`, which must be given. Returns `tracks`
 * itself if nothing changes.
 */
export function withoutFuture(tracks: readonly Track[], now: number, nextCounter?: number): readonly Track[] {
  const kept = tracks.flatMap((track) => (track.period === 0 ? counterBack(track, nextCounter) : stepBack(track, now)) ?? []);
  return kept.length === tracks.length && kept.every((track, place) => track === tracks[place]) ? tracks : kept;
}

/** When the last of the tracks may be forgotten; undefined for never. */
export function lastUntil(tracks: readonly Track[]): number | undefined {
  return tracks.reduce<number | undefined>((latest, { until }) => later(latest, until), 0);
}

/** The later of two times; undefined means never. */
export function later(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : Math.max(one, other);
}

function isLive({ until }: Track, now: number): boolean {
  return until === undefined || until > now;
}

/** The number of steps before the last used step that may have been used within the last 30 days. */
function keptSteps(period: number): number {
  return period === 0 ? Number.POSITIVE_INFINITY : Math.ceil(USED_KEPT_MS / (period * 1000));
}

function withTrack(tracks: readonly Track[], track: Track): Track[] {
  const place = tracks.findIndex(({ period }) => period === track.period);
  return place < 0 ? [...tracks, track] : tracks.with(place, track);
}

function counterBack(track: Track, next = Number.POSITIVE_INFINITY): Track | undefined {
  if (track.last < next) return track;
  return track.first >= next ? undefined : { ...track, last: next - 1 };
}

function stepBack(track: Track, now: number): Track | undefined {
  const current = stepAt(now, track.period);
  if (track.last <= current + BOUNDS.window.max) return track;
  // After a jump of more than 30 days, the earlier steps are forgotten.
  const isWhole = track.first > current && track.last - current <= keptSteps(track.period);
  return isWhole ? undefined : { ...track, first: Math.min(track.first, current), last: current };
}
