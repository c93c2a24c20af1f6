/** The sliding window of policy's limits, in Lua: the scripts that charge and give back, for a subject in KEYS[2]. */
import { NEVER } from '../../limits/charge-numbers.ts';

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

/**
 * Counts what costs ARGV[3] in all windows, or in none where it does not fit into each. The windows are three arguments each, name, period and limit,
 * from the fourth on. Replies `ChargeNumbers`.
 */
export const CHARGING: string = `${LOG}
local cost = tonumber(ARGV[3])

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
  local room, used = log.limit - cost, log.used
  if room < 0 then return math.huge end
  if used <= room then return 0 end
  for place = log.first, log.stop - 1, ENTRY_SIZE do
    local _, last, count = struct.unpack(ENTRY, log.text, place)
    used = used - count
    if used <= room then return last + log.period - now end
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

local logs, wait, refusing, longest, changed = {}, 0, 0, 0, false
for place = 4, #ARGV, 3 do
  local log = read_log(redis.call('HGET', KEYS[2], ARGV[place]))
  log.name, log.period, log.limit = ARGV[place], tonumber(ARGV[place + 1]), tonumber(ARGV[place + 2])
  logs[#logs + 1] = log
  changed = pull_back(log) or changed
  changed = drop_old(log) or changed
  longest = math.max(longest, log.period)
  local own = wait_for_room(log)
  if own > wait then wait, refusing = own, #logs end
end

if wait == 0 or changed then
  local fields = {}
  for _, log in ipairs(logs) do
    if wait == 0 then add(log, now, now, cost) end
    fields[#fields + 1] = log.name
    fields[#fields + 1] = written(log)
  end
  redis.call('HSET', KEYS[2], unpack(fields))
  -- A window of the plan before may be longer than all of this one's.
  if redis.call('PTTL', KEYS[2]) < longest then redis.call('PEXPIRE', KEYS[2], longest) end
end
local reply = { now, wait == math.huge and ${NEVER} or wait, refusing }
for _, log in ipairs(logs) do
  reply[#reply + 1] = math.max(0, log.limit - log.used)
  reply[#reply + 1] = reset_of(log)
end
return reply`;

/** Takes back ARGV[4] of what was counted at ARGV[3], out of the windows that ARGV names from the fifth on. */
export const GIVING_BACK: string = `${LOG}
local charged_at, given_back = tonumber(ARGV[3]), tonumber(ARGV[4])
local function take_back(log)
  for place = log.stop - ENTRY_SIZE, log.first, -ENTRY_SIZE do
    local first, last, count = struct.unpack(ENTRY, log.text, place)
    if first <= charged_at then
      local taken = math.min(given_back, count)
      local rest = count > taken and struct.pack(ENTRY, first, last, count - taken) or ''
      log.tail = rest .. string.sub(log.text, place + ENTRY_SIZE)
      log.stop = place
      log.used = log.used - taken
      return true
    end
  end
  return false
end

-- Written only where something was counted, so that the key exists and has the time to live that its charge has set.
for place = 5, #ARGV do
  local log = read_log(redis.call('HGET', KEYS[2], ARGV[place]))
  if take_back(log) then redis.call('HSET', KEYS[2], ARGV[place], written(log)) end
end`;
