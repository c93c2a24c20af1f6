/** Tracks as text, for both stores: `t30:59800000:59800002:1797000000000,h:0:57:-`, that is id, first step, last step, and the time of expiry. */
import type { Track } from '../ports/codes.ts';

/** Represents an empty list of tracks, and a track that never expires. */
export const NONE = '-';

const TRACK = /^(?:h|t([1-9][0-9]*)):([0-9]+):([0-9]+):(-|[0-9]+)$/;

/** The number in a word. */
export function numberOf(word: string | undefined): number | undefined {
  return word === NONE ? undefined : Number(word);
}

/** The text of tracks, without spaces. */
export function textOfTracks(tracks: readonly Track[]): string {
  return tracks.map(({ period, first, last, until = NONE }) => `${idOf(period)}:${first}:${last}:${until}`).join(',') || NONE;
}

/** Parses such a text. Throws for any other text: if it were read as no tracks, used codes would pass. */
export function tracksOfText(text: string): Track[] {
  return text === NONE ? [] : text.split(',').map(trackOfText);
}

function idOf(period: number): string {
  return period === 0 ? 'h' : `t${period}`;
}

function trackOfText(text: string): Track {
  const match = TRACK.exec(text);
  if (match === null) throw new Error('what is kept cannot be read');
  const [, period = 0, first, last, until] = match;
  return {
    period: Number(period),
    first: Number(first),
    last: Number(last),
    until: numberOf(until),
  };
}
