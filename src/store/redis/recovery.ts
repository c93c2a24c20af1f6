/** Used recovery codes in Redis: the rules of `judgeUse`, in one script. */
import type { RecoveryStore, SetState, UseJudgement, UseOutcome } from '../../ports/recovery.ts';
import { FREE_ATTEMPTS, HARD_STOP } from '../../verification/lock.ts';
import { ANSWER_KEPT_MS, FAILURES_KEPT_MS } from '../../verification/rules.ts';
import { NONE, numberOf } from '../track-text.ts';
import type { KeyName } from './layout.ts';
import { readingScript, writingScript } from './script.ts';
import type { Session } from './session.ts';
import { DELAYS, WORDS } from './words-lua.ts';

const REUSED = 'request_id_reused';

/** The stored form of a set without state: the form, used bits, whether it is revoked, failures, locked until, expires at. */
const UNKNOWN = '1 0 0 0 0 0';

/** Reads and writes the state of the set in KEYS[2]. */
const SETS = `${WORDS}
local function read_set()
  local text = redis.call('GET', KEYS[2]) or '${UNKNOWN}'
  local used, revoked, failures, locked_until, expires = words_of(text, '^1 (%d+) ([01]) (%d+) (%d+) (%S+)$')
  if is_past(tonumber(expires)) then
    return { used = 0, revoked = 0, failures = 0, locked_until = 0, expires = 0 }, '${UNKNOWN}'
  end
  return {
    used = tonumber(used), revoked = tonumber(revoked), failures = tonumber(failures), locked_until = tonumber(locked_until),
    expires = tonumber(expires)
  }, text
end

local function is_for_ever(state)
  return state.used > 0 or state.revoked == 1
end

local function write_set(state)
  local text = table.concat({
    '1', word(state.used), word(state.revoked), word(state.failures), word(state.locked_until), word(state.expires)
  }, ' ')
  if state.expires then
    redis.call('SET', KEYS[2], text, 'PX', word(math.max(1, state.expires - now)))
  else
    redis.call('SET', KEYS[2], text)
  end
end`;

/** A judgement is a text of four words: outcome, codes remaining, attempts remaining, retry after. KEYS[3], if given, is the key of the answer. */
const USE = writingScript(`${SETS}
${DELAYS}
local _, _, code, count, payload = unpack(ARGV)
code, count = tonumber(code), tonumber(count)

local function throttled(state, retry)
  return table.concat({ 'throttled', '${NONE}', '0', word(retry) }, ' ')
end

local function judgement(outcome, state, attempts)
  local remaining = 0
  if state.revoked == 0 then
    remaining = count
    for place = 0, count - 1 do
      remaining = remaining - bit.band(bit.rshift(state.used, place), 1)
    end
  end
  return table.concat({ outcome, word(remaining), word(attempts), '${NONE}' }, ' ')
end

local function rule(state)
  if state.failures >= ${HARD_STOP} then
    return throttled(state, nil), false
  end
  local lock_end = math.min(state.locked_until, now + delay_of(state.failures))
  if now < lock_end then
    local is_shortened = lock_end < state.locked_until
    state.locked_until = lock_end
    return throttled(state, lock_end - now), is_shortened
  end
  if not code then
    state.failures = state.failures + 1
    local delay = delay_of(state.failures)
    state.locked_until = delay > 0 and now + delay or 0
    local is_kept = is_for_ever(state) or state.failures >= ${HARD_STOP}
    state.expires = not is_kept and now + ${FAILURES_KEPT_MS} or nil
    return judgement('mismatch', state, math.max(0, ${FREE_ATTEMPTS} - state.failures)), true
  end
  local mark = bit.lshift(1, code)
  if state.revoked == 1 or bit.band(state.used, mark) ~= 0 then
    return judgement('replayed', state, math.max(1, ${FREE_ATTEMPTS} - state.failures)), false
  end
  state.used, state.failures, state.locked_until, state.expires = bit.bor(state.used, mark), 0, 0, nil
  return judgement('accepted', state, ${FREE_ATTEMPTS}), true
end

local kept = KEYS[3] and redis.call('GET', KEYS[3]) or '0 - - - - '
local expires, known, of_payload = words_of(kept, '^(%d+) (%S+ %S+ %S+ %S+) (.*)$')
if tonumber(expires) > now then
  -- Changes nothing, but is a write: WAIT speaks of the writes of its own connection, and the answer may be the write of another.
  redis.call('PEXPIREAT', KEYS[3], redis.call('PEXPIRETIME', KEYS[3]))
  return of_payload == payload and known or '${REUSED}'
end
local state = read_set()
local answer, is_changed = rule(state)
if is_changed then
  write_set(state)
end
if KEYS[3] and not string.find(answer, '^throttled ') then
  redis.call('SET', KEYS[3], word(now + ${ANSWER_KEPT_MS}) .. ' ' .. answer .. ' ' .. payload, 'PX', ${ANSWER_KEPT_MS})
end
return answer
`);

const REVOKE = writingScript(`${SETS}
local state = read_set()
state.revoked, state.expires = 1, nil
write_set(state)
`);

const INSPECT = readingScript(`${SETS}
local _, text = read_set()
return text
`);

const UNLOCK = writingScript(`${SETS}
local state, text = read_set()
state.failures, state.locked_until = 0, 0
if not is_for_ever(state) then
  state.expires = 0
end
write_set(state)
return text
`);

/** The sets in a session. Their times are by the clock of Redis; the parameter `now` is not used. */
export function createRedisRecovery({ run, runAcknowledged }: Session): RecoveryStore {
  return {
    async use({ set, code = NONE, count, request }, now) {
      const keys = request === undefined ? setKey(set) : [...setKey(set), ['sr', set, request.id] as const];
      return judgementOf(await runAcknowledged(USE, keys, [code, count, request?.payload ?? ''], now));
    },
    async revoke(set, now) {
      await runAcknowledged(REVOKE, setKey(set), [], now);
    },
    inspect: async (set, now) => stateOf(await run(INSPECT, setKey(set), [], now)),
    unlock: async (set, now) => stateOf(await runAcknowledged(UNLOCK, setKey(set), [], now)),
  };
}

function setKey(set: string): [state: KeyName] {
  return [['s', set]];
}

function judgementOf(reply: unknown): UseJudgement | { readonly outcome: typeof REUSED } {
  if (reply === REUSED) return { outcome: REUSED };
  const [outcome, ...words] = String(reply).split(' ');
  const [remainingCount, attemptsRemaining = 0, retryAfterMs] = words.map(numberOf);
  return { outcome: outcome as UseOutcome, remainingCount, attemptsRemaining, retryAfterMs };
}

function stateOf(reply: unknown): SetState {
  const [used = 0, isRevoked, failures = 0, lockedUntil = 0, expiresAt] = String(reply).split(' ').slice(1).map(numberOf);
  return { used, isRevoked: isRevoked === 1, failures, lockedUntil, expiresAt };
}
