-- lease: the next due feed of one list of feeds, for one poller.  One atomic call.
--
-- KEYS  1 the due set of the list
-- ARGV  1 prefix of a feed's key   2 now, ms ('' = Redis's clock)   3 lease, ms
--       4 how long a list is kept that nobody looks at, ms   5 how many feeds are on the list
--
-- A member of the due set is <feed id>:<spec>, the spec a digest of address and interval.  Its score
-- says when to look at it: when it is due, or when the lease on it ends.  A feed is a hash:
--   fence     number of the newest lease; it only grows, also when Redis has forgotten the feed
--   until     when that lease ends, ms; absent once the poll was settled
--   due       when it is due, ms         spec      for which address and interval
--   failures  polls that failed in a row
--   url topic_id etag last_modified body_hash      what was published (feed_state.py)
-- Pollers with another list may have the same feed: the hash decides, the score only reminds.
--
-- Answers {'leased', member, fence, ms until another is due, failures, url, topic_id, etag,
-- last_modified, body_hash}, {'wait', ms}, or {'unlisted'} when feeds of the list are missing here.
local LOOKS_MOST = 200 -- reminders put right in one call: bounds how long Redis is held
local due_set, keep = KEYS[1], tonumber(ARGV[4])
local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

if redis.call('ZCARD', due_set) < tonumber(ARGV[5]) then return { 'unlisted' } end
if redis.call('PTTL', due_set) < keep / 2 then redis.call('PEXPIRE', due_set, keep) end

-- the first member, and how long until it is to be looked at
local function first()
  local found = redis.call('ZRANGE', due_set, 0, 0, 'WITHSCORES')
  return found[1], math.max(0, tonumber(found[2]) - now)
end

for _ = 1, LOOKS_MOST do
  local member, wait = first()
  if wait > 0 then return { 'wait', wait } end
  local id, spec = string.match(member, '^(.*):(.-)$')
  local feed = ARGV[1] .. id
  local was = redis.call('HMGET', feed, 'fence', 'until', 'due', 'spec', 'failures')
  local fence, lease_end, due = tonumber(was[1] or 0), tonumber(was[2] or 0), tonumber(was[3] or 0)
  local same = was[4] == spec
  if lease_end > now then
    redis.call('ZADD', due_set, lease_end, member)
  elseif same and due > now then
    redis.call('ZADD', due_set, due, member)
  else
    fence = math.max(fence + 1, now)
    redis.call('HSET', feed, 'fence', fence, 'until', now + ARGV[3])
    redis.call('ZADD', due_set, now + ARGV[3], member)
    local _, next_wait = first()
    local answer = { 'leased', member, fence, next_wait, tonumber(same and was[5] or 0) }
    local state = redis.call('HMGET', feed, 'url', 'topic_id', 'etag', 'last_modified', 'body_hash')
    for i = 1, 5 do answer[5 + i] = state[i] or '' end
    return answer
  end
end
return { 'wait', 0 }
