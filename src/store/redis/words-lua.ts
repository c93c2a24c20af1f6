/** The beginning of the scripts that judge: the words and times of stored state, and the delays after wrong codes. */
import { FIRST_DELAY_MS, FREE_ATTEMPTS, LONGEST_DELAY_MS } from '../../verification/lock.ts';
import { NONE } from '../track-text.ts';

/** Numbers are formatted with %.0f, since Lua would round those above 10^14. */
export const WORDS: string = `
local function word(number)
  return number and string.format('%.0f', number) or '${NONE}'
end

-- What cannot be read fails the attempt: taken for nothing known, it would let a used code pass.
local function words_of(text, pattern)
  assert(string.find(text, pattern), 'what is kept cannot be read')
  return string.match(text, pattern)
end

-- No moment is never, the latest.
local function later(one, other)
  return one and other and math.max(one, other)
end

local function is_past(moment)
  return (moment or math.huge) <= now
end`;

/** The rule of `delayMs`. */
export const DELAYS: string = `
local function delay_of(failures)
  if failures < ${FREE_ATTEMPTS} then
    return 0
  end
  return math.min(${LONGEST_DELAY_MS}, ${FIRST_DELAY_MS} * 2 ^ (failures - ${FREE_ATTEMPTS}))
end`;
