/** The sliding window of policy's limits, in Lua: what the scripts that charge and give back are made of. */

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
 * Defines `read_calls`, which tells of one more call of the subject in `log_key` how long it has to wait (`wait`, in ms), and `count_call`, which
 * then counts it, if it need not, and gives the reply: the moment, the wait, and for each window what remains and when that grows. The windows
 * are three arguments each, name, period and limit, from ARGV[first_window] on.
 */
export const CHARGING: string = `${LOG}
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

local function read_calls()
  local calls = { wait = 0, longest = 0, changed = false }
  for place = first_window, #ARGV, 3 do
    local log = read_log(redis.call('HGET', log_key, ARGV[place]))
    log.name, log.period, log.limit = ARGV[place], tonumber(ARGV[place + 1]), tonumber(ARGV[place + 2])
    calls.changed = pull_back(log) or calls.changed
    calls.changed = drop_old(log) or calls.changed
    calls.wait = math.max(calls.wait, wait_for_room(log))
    calls.longest = math.max(calls.longest, log.period)
    calls[#calls + 1] = log
  end
  return calls
end

local function count_call(calls)
  if calls.wait == 0 or calls.changed then
    local fields = {}
    for _, log in ipairs(calls) do
      if calls.wait == 0 then add(log, now, now, 1) end
      fields[#fields + 1] = log.name
      fields[#fields + 1] = written(log)
    end
    redis.call('HSET', log_key, unpack(fields))
    -- A window of the plan before may be longer than all of this one's.
    if redis.call('PTTL', log_key) < calls.longest then redis.call('PEXPIRE', log_key, calls.longest) end
  end
  local reply = { now, calls.wait }
  for _, log in ipairs(calls) do
    reply[#reply + 1] = math.max(0, log.limit - log.used)
    reply[#reply + 1] = reset_of(log)
  end
  return reply
end`;

/** Takes back what was counted at ARGV[3] for the subject in `log_key`, out of the windows that ARGV names from the fourth on. */
export const GIVING_BACK: string = `${LOG}
local charged_at = tonumber(ARGV[3])
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
end`;
