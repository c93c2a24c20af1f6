/** Which moving factors of a secret were used, kept apart by period, since a step of one period says nothing about a step of another period. */
import { BOUNDS } from '../otp/params.ts';
import { stepAt } from '../otp/totp.ts';
import type { Attempt, Track } from '../ports/codes.ts';

/** How much longer than its code could match a used step is remembered, in ms: 30 days, since clocks jump. */
export const USED_KEPT_MS = 2_592_000_000;
/** How many tracks are kept of one secret: a service names a secret one way, and another one or two after it was enrolled anew. */
export const MOST_TRACKS = 4;
/** Longer than the code of any step that was ever accepted up to now can match, in periods: what the widest window allows twice over. */
export const MATCHABLE_PERIODS: number = 2 * BOUNDS.window.max + 1;

/** The tracks that are remembered at `now`. */
export function liveTracks(tracks: readonly Track[], now: number): readonly Track[] {
  return tracks.every((track) => isLive(track, now)) ? tracks : tracks.filter((track) => isLive(track, now));
}

/** The track of a period. */
export function trackOf(tracks: readonly Track[], period: number): Track | undefined {
  return tracks.find((track) => track.period === period);
}

/**
 * Whether a step was used, or one of several from `first` to `step`: on their own track the first of them or a later one, on another track one of
 * the steps that were in use there.
 */
export function isUsed(tracks: readonly Track[], period: number, step: number, first: number = step): boolean {
  return tracks.some((track) => first <= track.last && (track.period === period || step >= track.first));
}

/** The tracks after `step` is claimed at `now`, and the steps before it from `firstStep` on. */
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

/** The track of a state of which only the last step is known, found at `now`: every step that it may contain counts as used. */
export function formerTrack(period: number, last: number, now: number): Track {
  return {
    period,
    first: Math.max(0, last - keptSteps(period)),
    last,
    until: period === 0 ? undefined : now + MATCHABLE_PERIODS * period * 1000 + USED_KEPT_MS,
  };
}

/**
 * The tracks without what lies in the future at `now`, for an operator whose clock was ahead. A track lies in the future if its last step is
 * later than any window reaches from the current one. It is forgotten if no step up to the current one was used; or else it is put back to the
 * current step, so that nothing up to now is accepted again. A HOTP has no clock: its future are the counters from `nextCounter` on, which has to
 * be given. Gives `tracks` itself where nothing changes.
 */
export function withoutFuture(tracks: readonly Track[], now: number, nextCounter?: number): readonly Track[] {
  const kept = tracks.flatMap((track) => (track.period === 0 ? counterBack(track, nextCounter) : stepBack(track, now)) ?? []);
  return kept.length === tracks.length && kept.every((track, place) => track === tracks[place]) ? tracks : kept;
}

/** When the last of the tracks may be forgotten; undefined: never. */
export function lastUntil(tracks: readonly Track[]): number | undefined {
  return tracks.reduce<number | undefined>((latest, { until }) => later(latest, until), 0);
}

/** The later of two moments, undefined being never. */
export function later(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : Math.max(one, other);
}

function isLive({ until }: Track, now: number): boolean {
  return until === undefined || until > now;
}

/** How many steps before the last one may have been used within the last 30 days. */
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
  // A jump of more than 30 days has had earlier steps forgotten.
  const isWhole = track.first > current && track.last - current <= keptSteps(track.period);
  return isWhole ? undefined : { ...track, first: Math.min(track.first, current), last: current };
}
