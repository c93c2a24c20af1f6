/** The rules of `judge`, in Lua: what the scripts that judge are made of. */
import {
  ANSWER_KEPT_MS,
  FAILURES_KEPT_MS,
  FIRST_DELAY_MS,
  FREE_ATTEMPTS,
  HARD_STOP,
  LONGEST_DELAY_MS,
  STEP_MARGIN_MS,
} from '../../verification/rules.ts';

/**
 * A state is kept as a text of four words: last step, failures, locked until, expires at; `-` stands for undefined. A judgement, of five:
 * outcome, step, drift, attempts remaining, retry after; an answer is the moment of its expiry, a judgement, and the payload.
 */
export const NONE = '-';
export const REUSED = 'request_id_reused';

/**
 * Defines `judge_once`: `judge`, with the reading and writing of the state in `state_key`, and of the answer in `answer_key` if there is one; gives
 * the judgement, or `REUSED`. The attempt is ARGV[3] to ARGV[8]. Numbers are written with %.0f: Lua would round those above 10^14. The moment
 * of expiry is kept beside Redis' own, so that one clock alone decides.
 */
export const JUDGING: string = `
local _, _, step, drift, claims, after, matchable, payload = unpack(ARGV)
step, after, matchable = tonumber(step), tonumber(after) or -1, tonumber(matchable)

local function word(number)
  return number and string.format('%.0f', number) or '${NONE}'
end

-- What cannot be read fails the attempt: taken for nothing known, it would let a used code pass.
local function words_of(text, pattern)
  assert(string.find(text, pattern), 'what is kept cannot be read')
  return string.match(text, pattern)
end

local function read_state()
  local text = redis.call('GET', state_key) or '${NONE} 0 0 0'
  local last, failures, locked_until, expires = words_of(text, '^(%S+) (%d+) (%d+) (%S+)$')
  if (tonumber(expires) or math.huge) <= now then
    return { failures = 0, locked_until = 0, expires = 0 }
  end
  return { last = tonumber(last), failures = tonumber(failures), locked_until = tonumber(locked_until), expires = tonumber(expires) }
end

local function write_state(last, failures, locked_until, expires)
  local text = table.concat({ word(last), word(failures), word(locked_until), word(expires) }, ' ')
  if expires then
    redis.call('SET', state_key, text, 'PX', word(math.max(1, expires - now)))
  else
    redis.call('SET', state_key, text)
  end
end

-- No expiry is the latest.
local function later(expires, other)
  return expires and math.max(expires, other)
end

local function judgement(outcome, of_step, of_drift, remaining, retry)
  return table.concat({ outcome, word(of_step), of_drift, word(remaining), word(retry) }, ' ')
end

local function mismatch(state)
  local failures = state.failures + 1
  local delay = 0
  if failures >= ${FREE_ATTEMPTS} then
    delay = math.min(${LONGEST_DELAY_MS}, ${FIRST_DELAY_MS} * 2 ^ (failures - ${FREE_ATTEMPTS}))
  end
  local expires = failures < ${HARD_STOP} and later(state.expires, now + ${FAILURES_KEPT_MS})
  write_state(state.last, failures, delay > 0 and now + delay or 0, expires)
  return judgement('mismatch', nil, '0', math.max(0, ${FREE_ATTEMPTS} - failures), nil)
end

local function judge()
  local state = read_state()
  if state.failures >= ${HARD_STOP} then
    return judgement('throttled', nil, '0', 0, nil)
  end
  if now < state.locked_until then
    return judgement('throttled', nil, '0', 0, state.locked_until - now)
  end
  if not step then
    return mismatch(state)
  end
  local remaining = math.max(1, ${FREE_ATTEMPTS} - state.failures)
  local fresh = step > (state.last or -1)
  if step <= after or (claims == '1' and not fresh) then
    return judgement('replayed', step, drift, remaining, nil)
  end
  if not fresh then
    return judgement('accepted', step, drift, remaining, nil)
  end
  if claims == '1' then
    write_state(step, 0, 0, matchable and now + matchable + ${STEP_MARGIN_MS})
  elseif state.failures > 0 then
    write_state(state.last, 0, 0, state.expires)
  end
  return judgement('accepted', step, drift, ${FREE_ATTEMPTS}, nil)
end

local function judge_once()
  if not answer_key then
    return judge()
  end
  local kept = redis.call('GET', answer_key) or '0 - - - - - '
  local expires, known, of_payload = words_of(kept, '^(%d+) (%S+ %S+ %S+ %S+ %S+) (.*)$')
  if tonumber(expires) > now then
    -- Changes nothing, but is a write: WAIT speaks of the writes of its own connection, and the answer may be the write of another.
    redis.call('PEXPIREAT', answer_key, redis.call('PEXPIRETIME', answer_key))
    return of_payload == payload and known or '${REUSED}'
  end
  local answer = judge()
  redis.call('SET', answer_key, word(now + ${ANSWER_KEPT_MS}) .. ' ' .. answer .. ' ' .. payload, 'PX', ${ANSWER_KEPT_MS})
  return answer
end`;
