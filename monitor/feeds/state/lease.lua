-- lease: the next due feeds of one list of feeds, for one poller.  One atomic call.
--
-- KEYS  1 the due set of the list
-- ARGV  1 prefix of a feed's key   2 prefix of a host's key   3 now, ms ('' = Redis's clock)
--       4 lease, ms   5 how long a list is kept that nobody looks at, ms   6 how many feeds are on
--       the list   7 how many leases at most   8 ms of the longest block of a host
--
-- A member of the due set is <feed id>:<spec>, the spec a digest of address and pace.  Its score
-- says when to look at it: when it is due, when the lease on it ends, or when its host may be asked
-- again.  A feed is a hash:
--   fence     number of the newest lease; it only grows, also when Redis has forgotten the feed
--   until     when that lease ends, ms; absent once the poll was settled
--   due       when it is due, ms         wait      how long that was away when it was planned
--   spec      for which address and pace
--   failures  polls that failed in a row
--   host      who is asked; a host's key says until when, ms, nobody asks it
--   hurry     due at once after the poll that is under way
--   state     what was learned and published (feed_state.py); earlier versions had fields instead
-- Pollers with another list may have the same feed: the hash decides, the score only reminds.
--
-- Answers {'leased', ms until another is due, {member, fence, failures, how many items are known,
-- state} of each}, {'wait', ms}, or {'unlisted'} when feeds of the list are missing here, or it is
-- time to compare the scores with the hashes.
local LOOKS_MOST = 200 -- reminders put right in one call: bounds how long Redis is held
local EARLIER = { 'url', 'topic_id', 'etag', 'last_modified', 'body_hash' }
local due_set, keep, most = KEYS[1], tonumber(ARGV[5]), tonumber(ARGV[7])
local now = clock(ARGV[3])

if read('ZCARD', due_set) < tonumber(ARGV[6]) or outdated(due_set, now) then
  return { 'unlisted' }
end
if redis.call('PTTL', due_set) < keep / 2 then redis.call('PEXPIRE', due_set, keep) end

-- the first member, and how long until it is to be looked at
local function first()
  local found = redis.call('ZRANGE', due_set, 0, 0, 'WITHSCORES')
  if not found[1] then return nil, PLANNED_MOST end
  return found[1], math.min(math.max(0, tonumber(found[2]) - now), PLANNED_MOST)
end

-- until when nobody asks the host, ms
local function blocked(host)
  if not host then return 0 end
  return within(read('GET', ARGV[2] .. host), now, tonumber(ARGV[8]))
end

-- -1 where what was known is lost
local function known_count(feed)
  local count, broken = read('HLEN', feed .. ':known')
  return broken and -1 or count
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
  if not id then id, spec = member, '' end -- nobody's: its leaseholder takes it out
  local feed = ARGV[1] .. id
  local was, broken = read(
    'HMGET', feed, 'fence', 'until', 'due', 'spec', 'failures', 'host', 'state', 'wait'
  )
  if broken then -- no poller must take the feed for a new one
    was[7] = 'a key of another type'
    redis.call('HSET', feed, 'state', was[7])
  end
  local fence, lease_end, due = number(was[1]), number(was[2]), due_by(was[3], was[8], now)
  local same, free_at = was[4] == spec, blocked(was[6])
  if lease_end - now > ARGV[4] + SLACK then -- nobody leases for so long: its holder extends it
    lease_end = now + ARGV[4]
    redis.call('HSET', feed, 'until', lease_end)
  end
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
      member, fence, number(same and was[5]), known_count(feed),
      state_of(feed, was[7]),
    }
  end
end
if #answer == 2 then return { 'wait', wait } end
local _, next_wait = first()
answer[2] = next_wait
return answer
