/** An operator's changes of states in Redis, by the rules in TypeScript. They are kept only if nothing has changed meanwhile. */
import type { CodeState, CodeStore, FormerState, StateName } from '../../ports/codes.ts';
import { StoreUnavailableError } from '../../ports/store.ts';
import { mayHaveFormer, presentState, reset, UNKNOWN_KEY, unlocked, withFormer } from '../../verification/rules.ts';
import { NONE, textOfTracks, tracksOfText } from '../track-text.ts';
import { readingScript, writingScript } from './script.ts';
import type { Session } from './session.ts';

/** A try fails only if the secret was judged meanwhile, which is too rare for so many failures in a row. */
const TRIES = 20;

/** A script gives no answer in it as `false`; as text, which no state is, an empty one. */
const READ = readingScript(`
return { string.format('%.0f', now), redis.call('GET', KEYS[2]) or '', redis.call('GET', KEYS[3]) or '' }
`);

/** ARGV: the two texts that were read, the text to write, and how long it is to be kept in ms, or nothing for ever. */
const REPLACE = writingScript(`
local _, _, state, former, text, kept = unpack(ARGV)
if (redis.call('GET', KEYS[2]) or '') ~= state or (redis.call('GET', KEYS[3]) or '') ~= former then
  return 0
end
if kept == '' then
  redis.call('SET', KEYS[2], text)
else
  redis.call('SET', KEYS[2], text, 'PX', kept)
end
redis.call('PEXPIREAT', KEYS[3], 1)
return 1
`);

interface Found {
  readonly now: number;
  /** As they were read. */
  readonly texts: readonly [state: string, former: string];
  /** Both together. */
  readonly state: CodeState;
}

/** The operations on whole states; `keysOf` gives the key of a state, and that of its former one. */
export function createRedisStates(
  { run, runAcknowledged }: Session,
  keysOf: (name: StateName) => [state: string, former: string],
): Pick<CodeStore, 'inspect' | 'unlock' | 'reset'> {
  async function find(name: StateName, callerNow: number): Promise<Found> {
    const [now, ...texts] = (await run(READ, keysOf(name), [], callerNow)) as [string, string, string];
    return { now: Number(now), texts, state: readState(texts, name, Number(now)) };
  }

  /** Replaces the state by what `change` makes of it, unless that is undefined. */
  async function replace(name: StateName, callerNow: number, change: (found: Found) => CodeState | undefined) {
    for (let left = TRIES; left > 0; left -= 1) {
      const found = await find(name, callerNow);
      const after = change(found);
      if (after === undefined) return { before: found.state, after: found.state };
      const { expiresAt } = after;
      const keptMs = expiresAt === undefined ? '' : Math.max(1, expiresAt - found.now);
      const words = [...found.texts, textOfState(after), keptMs];
      if ((await runAcknowledged(REPLACE, keysOf(name), words, callerNow)) === 1) return { before: found.state, after };
    }
    throw new StoreUnavailableError(new Error('the state of the secret is changed all the time'));
  }

  return {
    inspect: async (name, now) => (await find(name, now)).state,
    unlock: async (name, now) => (await replace(name, now, ({ state }) => unlocked(state))).before,
    reset: (name, callerNow, nextCounter) => replace(name, callerNow, ({ state, now }) => reset(state, now, nextCounter)),
  };
}

function readState([text, formerText]: Found['texts'], name: StateName, now: number): CodeState {
  const state = presentState(text === '' ? UNKNOWN_KEY : stateOfText(text), now);
  return formerText === '' || !mayHaveFormer(state, name) ? state : withFormer(state, formerOfText(formerText), name, now);
}

function textOfState({ failures, lockedUntil, expiresAt, tracks }: CodeState): string {
  return ['2', failures, lockedUntil, expiresAt ?? NONE, textOfTracks(tracks)].join(' ');
}

function stateOfText(text: string): CodeState {
  const [, failures, lockedUntil, expiresAt, tracks] = wordsOf(text, /^2 (\d+) (\d+) (-|\d+) (\S+)$/);
  return {
    failures: Number(failures),
    lockedUntil: Number(lockedUntil),
    tracks: tracksOfText(tracks ?? NONE),
    expiresAt: numberOf(expiresAt),
  };
}

function formerOfText(text: string): FormerState {
  const [, lastStep, failures, lockedUntil, expiresAt] = wordsOf(text, /^(-|\d+) (\d+) (\d+) (-|\d+)$/);
  return {
    lastStep: numberOf(lastStep),
    failures: Number(failures),
    lockedUntil: Number(lockedUntil),
    expiresAt: numberOf(expiresAt),
  };
}

function wordsOf(text: string, form: RegExp): RegExpExecArray {
  const words = form.exec(text);
  if (words === null) throw new Error('what is kept cannot be read');
  return words;
}

function numberOf(word: string | undefined): number | undefined {
  return word === NONE ? undefined : Number(word);
}
