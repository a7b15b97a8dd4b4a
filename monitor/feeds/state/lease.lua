-- lease: the next due feeds of one list of feeds, for one poller.  One atomic call.
--
-- KEYS  1 the due set of the list
-- ARGV  1 prefix of a feed's key   2 prefix of a host's key   3 now, ms ('' = Redis's clock)
--       4 lease, ms   5 how long a list is kept that nobody looks at, ms   6 how many feeds are on
--       the list   7 how many leases at most
--
-- A member of the due set is <feed id>:<spec>, the spec a digest of address and pace.  Its score
-- says when to look at it: when it is due, when the lease on it ends, or when its host may be asked
-- again.  A feed is a hash:
--   fence     number of the newest lease; it only grows, also when Redis has forgotten the feed
--   until     when that lease ends, ms; absent once the poll was settled
--   due       when it is due, ms         spec      for which address and pace
--   failures  polls that failed in a row
--   host      who is asked; a host's key says until when, ms, nobody asks it
--   hurry     due at once after the poll that is under way
--   state     what was learned and published (feed_state.py); earlier versions had fields instead
-- Pollers with another list may have the same feed: the hash decides, the score only reminds.
--
-- Answers {'leased', ms until another is due, {member, fence, failures, how many items are known,
-- state} of each}, {'wait', ms}, or {'unlisted'} when feeds of the list are missing here.
local LOOKS_MOST = 200 -- reminders put right in one call: bounds how long Redis is held
local EARLIER = { 'url', 'topic_id', 'etag', 'last_modified', 'body_hash' }
local due_set, keep, most = KEYS[1], tonumber(ARGV[5]), tonumber(ARGV[7])
local now = tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

if redis.call('ZCARD', due_set) < tonumber(ARGV[6]) then return { 'unlisted' } end
if redis.call('PTTL', due_set) < keep / 2 then redis.call('PEXPIRE', due_set, keep) end

-- the first member, and how long until it is to be looked at
local function first()
  local found = redis.call('ZRANGE', due_set, 0, 0, 'WITHSCORES')
  return found[1], math.max(0, tonumber(found[2]) - now)
end

-- until when nobody asks the host, ms
local function blocked(host)
  if not host then return 0 end
  return tonumber(redis.call('GET', ARGV[2] .. host) or 0)
end

local function state_of(feed, state)
  if state then return state end
  local fields, found = redis.call('HMGET', feed, unpack(EARLIER)), {}
  for i, name in ipairs(EARLIER) do found[name] = fields[i] or nil end
  return next(found) and cjson.encode(found) or ''
end

local looks, wait, answer = 0, 0, { 'leased', 0 }
while #answer < most + 2 and looks < LOOKS_MOST do
  local member
  member, wait = first()
  if wait > 0 then break end
  local id, spec = string.match(member, '^(.*):(.-)$')
  local feed = ARGV[1] .. id
  local was = redis.call(
    'HMGET', feed, 'fence', 'until', 'due', 'spec', 'failures', 'host', 'state'
  )
  local fence, lease_end, due = tonumber(was[1] or 0), tonumber(was[2] or 0), tonumber(was[3] or 0)
  local same, free_at = was[4] == spec, blocked(was[6])
  local look = math.max(lease_end, same and due or 0, free_at)
  if lease_end > now then look = lease_end end
  if look > now then
    looks = looks + 1
    redis.call('ZADD', due_set, look, member)
  else
    fence = math.max(fence + 1, now)
    redis.call('HSET', feed, 'fence', fence, 'until', now + ARGV[4])
    redis.call('ZADD', due_set, now + ARGV[4], member)
    answer[#answer + 1] = {
      member, fence, tonumber(same and was[5] or 0), redis.call('HLEN', feed .. ':known'),
      state_of(feed, was[7]),
    }
  end
end
if #answer == 2 then return { 'wait', wait } end
local _, next_wait = first()
answer[2] = next_wait
return answer
