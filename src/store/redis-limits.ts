/** Call counts in Redis: the sliding window of policy's limits, all windows of a charge in one script. */
import type { ChargeResult, LimitStore, LimitWindow } from '../policy/store.ts';
import { writingScript } from './redis-script.ts';
import type { Session } from './redis-session.ts';

/**
 * A subject is a hash with a field for each window: the sum of the counts in 6 bytes, then entries of 16, oldest first: the moments of the
 * first and the last call, and the count. A charge touches the ends alone; only a full window is walked through. Of a log that was read, the
 * text stays as it is: the entries between the places `first` and `stop` count, and after them those in `tail`.
 */
const LOG = `
local HEAD, HEAD_SIZE = '>I6', 6
local ENTRY, ENTRY_SIZE = '>I6I6I4', 16

local function read_log(text)
  text = text or struct.pack(HEAD, 0)
  return { text = text, used = (struct.unpack(HEAD, text)), first = HEAD_SIZE + 1, stop = #text + 1, tail = '' }
end

local function written(log)
  return struct.pack(HEAD, log.used) .. string.sub(log.text, log.first, log.stop - 1) .. log.tail
end`;

const CHARGE = writingScript(`${LOG}
local log_key = KEYS[2]

-- The moments of the first and the last call of the newest entry, and its count.
local function newest(log)
  if log.tail ~= '' then return struct.unpack(ENTRY, log.tail, #log.tail - ENTRY_SIZE + 1) end
  if log.first < log.stop then return struct.unpack(ENTRY, log.text, log.stop - ENTRY_SIZE) end
end

local function drop_newest(log, count)
  if log.tail ~= '' then
    log.tail = string.sub(log.tail, 1, -ENTRY_SIZE - 1)
  else
    log.stop = log.stop - ENTRY_SIZE
  end
  log.used = log.used - count
end

local function add(log, first, last, count)
  local newest_first, _, newest_count = newest(log)
  if newest_first and last - newest_first < log.period / 60 then
    drop_newest(log, newest_count)
    first, count = newest_first, newest_count + count
  end
  log.tail = log.tail .. struct.pack(ENTRY, first, last, count)
  log.used = log.used + count
end

-- Calls in the future, left by a clock that stepped back, are taken to have come now.
local function pull_back(log)
  local earliest, pulled = now, 0
  local first, last, count = newest(log)
  while first and last > now do
    drop_newest(log, count)
    earliest, pulled = math.min(earliest, first), pulled + count
    first, last, count = newest(log)
  end
  if pulled > 0 then add(log, earliest, now, pulled) end
  return pulled > 0
end

-- What was pulled back is of now: only entries of the text can be old.
local function drop_old(log)
  local before = log.first
  while log.first < log.stop do
    local _, last, count = struct.unpack(ENTRY, log.text, log.first)
    if last + log.period > now then break end
    log.first, log.used = log.first + ENTRY_SIZE, log.used - count
  end
  return log.first > before
end

local function wait_for_room(log)
  local used = log.used
  if used < log.limit then return 0 end
  for place = log.first, log.stop - 1, ENTRY_SIZE do
    local _, last, count = struct.unpack(ENTRY, log.text, place)
    used = used - count
    if used < log.limit then return last + log.period - now end
  end
  return log.period
end

local function reset_of(log)
  local _, oldest_last
  if log.first < log.stop then
    _, oldest_last = struct.unpack(ENTRY, log.text, log.first)
  elseif log.tail ~= '' then
    _, oldest_last = struct.unpack(ENTRY, log.tail)
  end
  return oldest_last and oldest_last + log.period - now or 0
end

local logs, longest, wait, changed = {}, 0, 0, false
for place = 3, #ARGV, 3 do
  local log = read_log(redis.call('HGET', log_key, ARGV[place]))
  log.name, log.period, log.limit = ARGV[place], tonumber(ARGV[place + 1]), tonumber(ARGV[place + 2])
  changed = pull_back(log) or changed
  changed = drop_old(log) or changed
  wait = math.max(wait, wait_for_room(log))
  longest = math.max(longest, log.period)
  logs[#logs + 1] = log
end

if wait == 0 or changed then
  local fields = {}
  for _, log in ipairs(logs) do
    if wait == 0 then add(log, now, now, 1) end
    fields[#fields + 1] = log.name
    fields[#fields + 1] = written(log)
  end
  redis.call('HSET', log_key, unpack(fields))
  -- A window of the plan before may be longer than all of this one's.
  if redis.call('PTTL', log_key) < longest then redis.call('PEXPIRE', log_key, longest) end
end

local reply = { now, wait }
for _, log in ipairs(logs) do
  reply[#reply + 1] = math.max(0, log.limit - log.used)
  reply[#reply + 1] = reset_of(log)
end
return reply
`);

const REFUND = writingScript(`${LOG}
local log_key, charged_at = KEYS[2], tonumber(ARGV[3])

local function take_back(log)
  for place = log.stop - ENTRY_SIZE, log.first, -ENTRY_SIZE do
    local first, last, count = struct.unpack(ENTRY, log.text, place)
    if first <= charged_at then
      local rest = count > 1 and struct.pack(ENTRY, first, last, count - 1) or ''
      log.tail = rest .. string.sub(log.text, place + ENTRY_SIZE)
      log.stop = place
      log.used = log.used - 1
      return true
    end
  end
  return false
end

for place = 4, #ARGV do
  local log = read_log(redis.call('HGET', log_key, ARGV[place]))
  if take_back(log) then redis.call('HSET', log_key, ARGV[place], written(log)) end
end
`);

/** The limits behind a session, counted by Redis' clock. */
export function createRedisLimits({ run }: Session): LimitStore {
  const keyOf = (subject: string) => `l:${subject}`;
  return {
    async charge(subject, windows, now) {
      if (windows.length === 0) return { allowed: true, chargedAt: now, states: [], retryAfterMs: 0 };
      const args = windows.flatMap(({ name, periodMs, limit }) => [name, periodMs, limit]);
      const [chargedAt = now, retryAfterMs = 0, ...states] = (await run(CHARGE, [keyOf(subject)], args, now)) as number[];
      return resultOf(windows, chargedAt, retryAfterMs, states);
    },
    async refund(subject, windows, chargedAt) {
      const names = windows.filter((window) => window.refundable).map((window) => window.name);
      if (names.length > 0) await run(REFUND, [keyOf(subject)], [chargedAt, ...names]);
    },
  };
}

/** `states` holds two numbers a window: what remains, and when that grows. */
function resultOf(
  windows: readonly LimitWindow[],
  chargedAt: number,
  retryAfterMs: number,
  states: readonly number[],
): ChargeResult {
  return {
    allowed: retryAfterMs === 0,
    chargedAt,
    retryAfterMs,
    states: windows.map((window, place) => ({
      window,
      remaining: states[2 * place] ?? 0,
      resetMs: states[2 * place + 1] ?? 0,
    })),
  };
}
