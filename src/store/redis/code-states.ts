/** Changes of states in Redis by an operator, by the rules in TypeScript. A change is written only if the state is unchanged since it was read. */
import type { CodeState, CodeStore, FormerState, StateName } from '../../ports/codes.ts';
import { StoreUnavailableError } from '../../ports/store.ts';
import { forgiven, mayHaveFormer, presentState, reset, UNKNOWN_KEY, unlocked, withFormer } from '../../verification/rules.ts';
import { NONE, numberOf, textOfTracks, tracksOfText } from '../track-text.ts';
import type { KeyName } from './layout.ts';
import { readingScript, writingScript } from './script.ts';
import type { Session } from './session.ts';

/** A try fails only if the secret was judged in between, which is too rare for this many failures in a row. */
const TRIES = 20;

/**
 * KEYS[3] is the key of the former state; there is none if KEYS[3] equals KEYS[2]. KEYS[4], if present, is the key of an answer. A missing answer is
 * `false` in a script; in the reply it is an empty text, which is no valid state.
 */
const READ = readingScript(`
local texts = { string.format('%.0f', now) }
for place = 2, #KEYS do
  local is_nothing = place == 3 and KEYS[3] == KEYS[2]
  texts[place] = not is_nothing and redis.call('GET', KEYS[place]) or ''
end
return texts
`);

/** ARGV: the two texts that were read, the text to write, and how long it is to be kept in ms, or nothing for ever. */
const REPLACE = writingScript(`
local _, _, state, former, text, kept = unpack(ARGV)
local has_former = KEYS[3] ~= KEYS[2]
if (redis.call('GET', KEYS[2]) or '') ~= state or (has_former and (redis.call('GET', KEYS[3]) or '') ~= former) then
  return 0
end
if kept == '' then
  redis.call('SET', KEYS[2], text)
else
  redis.call('SET', KEYS[2], text, 'PX', kept)
end
if has_former then
  redis.call('PEXPIREAT', KEYS[3], 1)
end
return 1
`);

export interface Found {
  readonly now: number;
  /** As they were read. */
  readonly texts: readonly [state: string, former: string];
  /** The two states merged. */
  readonly state: CodeState;
  /** The text kept under a request id; empty if there is none. */
  readonly answer: string;
}

/** The operations on whole states. */
export interface RedisStates extends Pick<CodeStore, 'inspect' | 'unlock' | 'forgive' | 'reset'> {
  /** Reads a state, and the answer in `answerKey`. */
  readonly find: (name: StateName, now: number, ...answerKey: KeyName[]) => Promise<Found>;
}

/** Makes the operations; `keysOf` returns the key of a state, and the key of its former state. */
export function createRedisStates(
  { run, runAcknowledged }: Session,
  keysOf: (name: StateName) => [state: KeyName, former: KeyName],
): RedisStates {
  async function find(name: StateName, callerNow: number, ...answerKey: KeyName[]): Promise<Found> {
    const read = await run(READ, [...keysOf(name), ...answerKey], [], callerNow);
    const [moment, state, former, answer = ''] = read as [string, string, string, string?];
    const [now, texts] = [Number(moment), [state, former] as const];
    return { now, texts, state: readState(texts, name, now), answer };
  }

  /** Replaces the state by the result of `change`, unless that is undefined. */
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
    find,
    async forgive(name, now) {
      await replace(name, now, ({ state }) => forgiven(state));
    },
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
  const [, failures, lockedUntil, expiresAt, tracks] = readWords(text, /^2 (\d+) (\d+) (-|\d+) (\S+)$/);
  return {
    failures: Number(failures),
    lockedUntil: Number(lockedUntil),
    tracks: tracksOfText(tracks ?? NONE),
    expiresAt: numberOf(expiresAt),
  };
}

function formerOfText(text: string): FormerState {
  const [, lastStep, failures, lockedUntil, expiresAt] = readWords(text, /^(-|\d+) (\d+) (\d+) (-|\d+)$/);
  return {
    lastStep: numberOf(lastStep),
    failures: Number(failures),
    lockedUntil: Number(lockedUntil),
    expiresAt: numberOf(expiresAt),
  };
}

/** Parses a text by its form. Throws for any other form: if it were read as an unknown secret, a used code would pass. */
export function readWords(text: string, form: RegExp): RegExpExecArray {
  const words = form.exec(text);
  if (words === null) throw new Error('what is kept cannot be read');
  return words;
}
