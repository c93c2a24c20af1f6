/** The windows of src/limits in Lua: the scripts that charge, refund and report, for the subject in KEYS[2]. */
import { NEVER } from '../../limits/charge-numbers.ts';
import { CREDIT_WARNINGS } from '../../ports/limits.ts';

/** The period that represents the calendar month. */
export const MONTH_PERIOD = 0;

/**
 * A subject is a hash with a log for each window, under the period of the window. A log is an array, packed by MessagePack: the sum of the costs, then two numbers for
 * each bucket, oldest first: the time of its last call and the sum of its costs. The log of the calendar month, under the period 0, is the sum, the beginning of the
 * month, and the greatest share of the limit that a warning was given for.
 */
const LOG = `
local DAY = 86400000

-- When the month of a moment began: in the calendar of years that begin in March, whose eras of 400 years have as many days each.
local function month_start(ms)
  local day = math.floor(ms / DAY) + 719468
  local of_era = day % 146097
  local year = math.floor((of_era - math.floor(of_era / 1460) + math.floor(of_era / 36524) - math.floor(of_era / 146096)) / 365)
  local of_year = of_era - (365 * year + math.floor(year / 4) - math.floor(year / 100))
  local month = math.floor((5 * of_year + 2) / 153)
  return (day - 719468 - of_year + math.floor((153 * month + 2) / 5)) * DAY
end

local function month_end(ms)
  return month_start(month_start(ms) + 32 * DAY)
end

local function read_log(period)
  local text = redis.call('HGET', KEYS[2], period)
  if text then return cmsgpack.unpack(text) end
  return period == '${MONTH_PERIOD}' and { 0, month_start(now), 0 } or { 0 }
end

local function is_same_bucket(one, other, period)
  return math.floor(one / (period / 60)) == math.floor(other / (period / 60))
end

local function add(log, period, count)
  local newest = #log - 1
  if newest > 1 and is_same_bucket(log[newest], now, period) then
    log[newest], log[newest + 1] = now, log[newest + 1] + count
  else
    log[newest + 2], log[newest + 3] = now, count
  end
  log[1] = log[1] + count
end

-- Another month begins with nothing used; a clock that stepped back takes what was used along.
local function advance_month(log)
  local start = month_start(now)
  if start == log[2] then return false end
  if start > log[2] then log[1], log[3] = 0, 0 end
  log[2] = start
  return true
end

-- Drops what has left the window. Calls in the future, left by a clock that stepped back, are taken to have come now. Says whether anything changed.
local function advance(log, period)
  if period == ${MONTH_PERIOD} then return advance_month(log) end
  local length, future = #log, 0
  while #log > 1 and log[#log - 1] > now do
    future = future + table.remove(log)
    table.remove(log)
  end
  log[1] = log[1] - future
  if future > 0 then add(log, period, future) end
  while log[2] and log[2] + period <= now do
    table.remove(log, 2)
    log[1] = log[1] - table.remove(log, 2)
  end
  return future > 0 or #log < length
end

-- When the sum falls next; 0 if nothing is counted.
local function reset_time(log, period)
  if period == ${MONTH_PERIOD} then return log[1] > 0 and month_end(now) or 0 end
  return log[2] and log[2] + period or 0
end`;

/**
 * Charges ARGV[3] in all windows, or in none if it does not fit into each of them. Each window has two arguments, period and limit, from the fourth on. Replies
 * `ChargeNumbers`.
 */
export const CHARGING: string = `${LOG}
local cost = tonumber(ARGV[3])

local warnings = {}
local function add_credits(log, limit)
  log[1] = log[1] + cost
  for _, share in ipairs({ ${CREDIT_WARNINGS.join(', ')} }) do
    if share > log[3] and log[1] * 100 >= limit * share then
      log[3] = share
      warnings[#warnings + 1] = share
    end
  end
end

local function wait_for_room(log, period, limit)
  local room, left, last = limit - cost, log[1], now - period
  if room < 0 then return math.huge end
  if period == ${MONTH_PERIOD} then return left <= room and 0 or month_end(now) - now end
  for place = 2, #log, 2 do
    if left <= room then break end
    last, left = log[place], left - log[place + 1]
  end
  return last + period - now
end

local logs, wait, refusing, longest, changed = {}, 0, 0, 0, false
for place = 4, #ARGV, 2 do
  local log, period = read_log(ARGV[place]), tonumber(ARGV[place])
  logs[#logs + 1] = log
  changed = advance(log, period) or changed
  longest = math.max(longest, period == ${MONTH_PERIOD} and month_end(now) - now or period)
  local own = wait_for_room(log, period, tonumber(ARGV[place + 1]))
  if own > wait then wait, refusing = own, #logs end
end

local reply, fields = { now, wait == math.huge and ${NEVER} or wait, refusing }, {}
for index, log in ipairs(logs) do
  local period, limit = tonumber(ARGV[2 * index + 2]), tonumber(ARGV[2 * index + 3])
  if wait == 0 then
    if period == ${MONTH_PERIOD} then add_credits(log, limit) else add(log, period, cost) end
  end
  fields[#fields + 1] = ARGV[2 * index + 2]
  fields[#fields + 1] = cmsgpack.pack(log)
  reply[#reply + 1] = math.max(0, limit - log[1])
  reply[#reply + 1] = math.max(0, reset_time(log, period) - now)
end
for _, share in ipairs(warnings) do reply[#reply + 1] = share end

if wait == 0 or changed then
  redis.call('HSET', KEYS[2], unpack(fields))
  -- A window of the plan before may be longer than all of this one's.
  if redis.call('PTTL', KEYS[2]) < longest then redis.call('PEXPIRE', KEYS[2], longest) end
end
return reply`;

/** Refunds ARGV[4] of the charge counted at ARGV[3], in the windows whose periods are ARGV[5] and the following. */
export const GIVING_BACK: string = `${LOG}
local charged_at, given_back = tonumber(ARGV[3]), tonumber(ARGV[4])

local function take_back(log, period)
  if period == ${MONTH_PERIOD} then
    if log[1] == 0 or month_start(charged_at) ~= log[2] then return false end
    log[1] = log[1] - math.min(given_back, log[1])
    return true
  end
  for place = 2, #log, 2 do
    if is_same_bucket(log[place], charged_at, period) then
      local taken = math.min(given_back, log[place + 1])
      log[1], log[place + 1] = log[1] - taken, log[place + 1] - taken
      if log[place + 1] == 0 then
        table.remove(log, place)
        table.remove(log, place)
      end
      return true
    end
  end
  return false
end

-- Written only where something was counted, so that the key exists and has the time to live that its charge has set.
for place = 5, #ARGV do
  local log = read_log(ARGV[place])
  if take_back(log, tonumber(ARGV[place])) then redis.call('HSET', KEYS[2], ARGV[place], cmsgpack.pack(log)) end
end`;

/** Reports the usage of the windows whose periods are ARGV[3] and the following. Replies `UsageNumbers`. */
export const USAGE: string = `${LOG}
local reply = {}
for place = 3, #ARGV do
  local log, period = read_log(ARGV[place]), tonumber(ARGV[place])
  advance(log, period)
  reply[#reply + 1] = log[1]
  reply[#reply + 1] = reset_time(log, period)
end
return reply`;
