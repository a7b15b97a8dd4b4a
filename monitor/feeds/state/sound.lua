-- sound: how every script here reads; it stands before each of them.
--
-- What no poller wrote counts as missing: a key of another type goes, a number that is none is 0, a
-- time further away than any poller plans is one of a clock that has gone back since.
local NUMBER_MOST = 2 ^ 53 -- above it numbers are no longer whole
local SLACK = 60000 -- ms a clock may be set back unnoticed
local PLANNED_MOST = 8 * 86400000 -- ms: a muted feed waits a week and a tenth

local function number(text)
  local found = tonumber(text or 0)
  return found and found >= 0 and found < NUMBER_MOST and found or 0
end

-- ms since 1970, by Redis's clock unless it is given
local function clock(given)
  if tonumber(given) then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- the answer of a command that reads, and whether its key was of another type
local function read(name, key, ...)
  local found = redis.pcall(name, key, ...)
  if type(found) ~= 'table' or not found.err then return found, false end
  if not string.find(found.err, 'WRONGTYPE', 1, true) then error(found.err) end
  redis.call('DEL', key)
  return redis.call(name, key, ...), true
end

-- a stored time, or 0 where it is further away than `most` ms
local function within(text, now, most)
  local at = number(text)
  return at - now <= most + SLACK and at or 0
end

-- when a feed is due by the fields `due` and `wait` of its hash
local function due_by(due, wait, now)
  return within(due, now, wait and number(wait) or PLANNED_MOST)
end

local LISTED_FOR = 600000 -- ms until a list's scores are compared with its feeds again

local function clock_key(due_set)
  return (string.gsub(due_set, ':due:', ':clock:', 1))
end

-- a list was put together: what the clock said is remembered for a while
local function listed(due_set, now)
  redis.call('SET', clock_key(due_set), string.format('%.0f', now), 'PX', LISTED_FOR)
end

-- whether a list must be put together again: after a while, or when the clock went back; then its
-- scores are of no use
local function outdated(due_set, now)
  local said = read('GET', clock_key(due_set))
  local seen = number(said)
  if seen - now > SLACK then
    redis.call('DEL', due_set, clock_key(due_set))
    return true
  end
  if said and now - seen > SLACK / 6 then
    local left = math.max(1, redis.call('PTTL', clock_key(due_set)))
    redis.call('SET', clock_key(due_set), string.format('%.0f', now), 'PX', left)
  end
  return not said
end
