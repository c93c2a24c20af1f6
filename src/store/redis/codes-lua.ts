/** The rules of `judge` in Lua: the parts of the script that judges. */
import { FREE_ATTEMPTS, HARD_STOP } from '../../verification/lock.ts';
import { ANSWER_KEPT_MS, FAILURES_KEPT_MS } from '../../verification/rules.ts';
import { MATCHABLE_PERIODS, MOST_TRACKS, USED_KEPT_MS } from '../../verification/tracks.ts';
import { NONE } from '../track-text.ts';
import { DELAYS, WORDS } from './words-lua.ts';

export const REUSED = 'request_id_reused';
export const NOT_KEPT = 'unknown_request';

/**
 * Reads and writes states. A state is stored as a text of five words: `2`, which is the form, failures, locked until, expires at, and tracks in the form of
 * `track-text.ts`; `-` means undefined. Earlier versions stored four: last step, failures, locked until, expires at. The time of expiry is stored beside Redis' own, so
 * that one clock alone decides.
 */
const STATES = `
local function read_tracks(text)
  local tracks = {}
  for one in string.gmatch(text == '${NONE}' and '' or text .. ',', '([^,]*),') do
    local id, first, last, ends = words_of(one, '^([ht]%d*):(%d+):(%d+):([%d-]+)$')
    words_of(id == 'h' and 't1' or id, '^t[1-9]%d*$')
    if not is_past(tonumber(ends)) then
      table.insert(tracks, { id = id, first = tonumber(first), last = tonumber(last), ends = tonumber(ends) })
    end
  end
  return tracks
end

local function read_state()
  local text = redis.call('GET', state_key) or '2 0 0 0 ${NONE}'
  local failures, locked_until, expires, tracks = words_of(text, '^2 (%d+) (%d+) (%S+) (%S+)$')
  if is_past(tonumber(expires)) then
    return { failures = 0, locked_until = 0, expires = 0, tracks = {} }
  end
  return {
    failures = tonumber(failures), locked_until = tonumber(locked_until), expires = tonumber(expires), tracks = read_tracks(tracks)
  }
end

local function write_state(state)
  local tracks = {}
  for place, track in ipairs(state.tracks) do
    tracks[place] = table.concat({ track.id, word(track.first), word(track.last), word(track.ends) }, ':')
  end
  local text = table.concat({
    '2', word(state.failures), word(state.locked_until), word(state.expires), #tracks > 0 and table.concat(tracks, ',') or '${NONE}'
  }, ' ')
  if state.expires then
    redis.call('SET', state_key, text, 'PX', word(math.max(1, state.expires - now)))
  else
    redis.call('SET', state_key, text)
  end
end`;

/** The tracks of a state; `own_id` names the track of the attempt. */
const TRACKS = `
local own_id = period == 0 and 'h' or 't' .. word(period)
local kept_steps = period == 0 and math.huge or math.ceil(${USED_KEPT_MS} / (period * 1000))

local function own_track(state)
  for _, track in ipairs(state.tracks) do
    if track.id == own_id then
      return track
    end
  end
end

local function last_end(state)
  local ends = 0
  for _, track in ipairs(state.tracks) do
    ends = later(ends, track.ends)
  end
  return ends
end

local function is_used(state)
  for _, track in ipairs(state.tracks) do
    if first <= track.last and (track.id == own_id or step >= track.first) then
      return true
    end
  end
  return false
end

local function claim(state)
  local own = own_track(state)
  if not own then
    own = { id = own_id, first = first }
    table.insert(state.tracks, own)
  end
  own.first = math.max(math.min(own.first, first), step - kept_steps)
  own.last = step
  own.ends = period > 0 and now + matchable + ${USED_KEPT_MS} or nil
  state.expires = last_end(state)
end

-- Adds what was kept under the former name; says whether it has to be deleted.
local function take_over(state)
  local text = former_key and not own_track(state) and redis.call('GET', former_key)
  if not text then
    return false
  end
  local last, failures, locked_until, expires = words_of(text, '^(%S+) (%d+) (%d+) (%S+)$')
  last, expires = tonumber(last), tonumber(expires)
  if is_past(expires) then
    return true
  end
  if last then
    local ends = period > 0 and now + ${MATCHABLE_PERIODS} * period * 1000 + ${USED_KEPT_MS} or nil
    table.insert(state.tracks, { id = own_id, first = math.max(0, last - kept_steps), last = last, ends = ends })
  end
  state.failures = math.max(state.failures, tonumber(failures))
  state.locked_until = math.max(state.locked_until, tonumber(locked_until))
  state.expires = later(later(state.expires, expires), last_end(state))
  return true
end`;

/** A judgement is a text of five words: outcome, step, drift, attempts remaining, retry after. Each rule also returns whether it changed the state. */
const RULES = `
local function judgement(outcome, of_step, of_drift, remaining, retry)
  return table.concat({ outcome, word(of_step), of_drift, word(remaining), word(retry) }, ' ')
end

local function mismatch(state)
  state.failures = state.failures + 1
  local delay = delay_of(state.failures)
  state.locked_until = delay > 0 and now + delay or 0
  state.expires = state.failures < ${HARD_STOP} and later(state.expires, now + ${FAILURES_KEPT_MS}) or nil
  return judgement('mismatch', nil, '0', math.max(0, ${FREE_ATTEMPTS} - state.failures), nil), true
end

local function rule(state)
  if state.failures >= ${HARD_STOP} then
    return judgement('throttled', nil, '0', 0, nil), false
  end
  local lock_end = math.min(state.locked_until, now + delay_of(state.failures))
  if now < lock_end then
    local is_shortened = lock_end < state.locked_until
    state.locked_until = lock_end
    return judgement('throttled', nil, '0', 0, lock_end - now), is_shortened
  end
  if not step then
    return mismatch(state)
  end
  local remaining = math.max(1, ${FREE_ATTEMPTS} - state.failures)
  if first <= after then
    return judgement('replayed', step, drift, remaining, nil), false
  end
  if is_used(state) then
    return judgement(claims and 'replayed' or 'accepted', step, drift, remaining, nil), false
  end
  if #state.tracks >= ${MOST_TRACKS} and not own_track(state) then
    return judgement('too_many_names', step, drift, remaining, nil), false
  end
  local is_changed = claims or state.failures > 0
  if claims then
    claim(state)
  end
  if is_changed then
    state.failures, state.locked_until = 0, 0
  end
  return judgement('accepted', step, drift, ${FREE_ATTEMPTS}, nil), is_changed
end`;

/**
 * Defines `judge_once`: reads the state in `state_key` and, if given, the former state in `former_key` and the answer in `answer_key`, applies `judge`, and writes the
 * results. Returns the judgement, `REUSED` or `NOT_KEPT`. The attempt is ARGV[3] to ARGV[11]. An answer is stored as its time of expiry, a judgement, and the payload.
 */
export const JUDGING: string = `
local _, _, step, drift, claims, after, matchable, period, payload, only_repeat, first = unpack(ARGV)
step, first, claims, after = tonumber(step), tonumber(first), claims == '1', tonumber(after) or -1
matchable, period = tonumber(matchable), tonumber(period)
${WORDS}
${DELAYS}
${STATES}
${TRACKS}
${RULES}

local function judge()
  local state = read_state()
  local is_taken_over = take_over(state)
  local answer, is_changed = rule(state)
  if is_changed or is_taken_over then
    write_state(state)
  end
  if is_taken_over then
    -- Deletes it, by a command that the script needs anyhow: users of least rights have no DEL.
    redis.call('PEXPIREAT', former_key, 1)
  end
  return answer
end

local function judge_once()
  local kept = answer_key and redis.call('GET', answer_key) or '0 - - - - - '
  local expires, known, of_payload = words_of(kept, '^(%d+) (%S+ %S+ %S+ %S+ %S+) (.*)$')
  if tonumber(expires) > now then
    -- Changes nothing, but is a write: WAIT speaks of the writes of its own connection, and the answer may be the write of another.
    redis.call('PEXPIREAT', answer_key, redis.call('PEXPIRETIME', answer_key))
    return of_payload == payload and known or '${REUSED}'
  end
  if only_repeat == '1' then
    return '${NOT_KEPT}'
  end
  local answer = judge()
  if answer_key and not string.find(answer, '^throttled ') then
    redis.call('SET', answer_key, word(now + ${ANSWER_KEPT_MS}) .. ' ' .. answer .. ' ' .. payload, 'PX', ${ANSWER_KEPT_MS})
  end
  return answer
end`;
