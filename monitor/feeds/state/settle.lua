-- settle: polls have ended; what each learned, and when its feed is due again.  One atomic call.
--
-- KEYS  1 the due set of the list
-- ARGV  1 prefix of a feed's key   2 how long the list is kept, ms   then of each poll: member,
--       fence of its lease, now, ms ('' = Redis's clock), ms until the feed is due, failures in a
--       row, state ('' = as it was), how many known ids to forget, these, how many ids and values
--       to know, these in turn
-- Answers of each poll 1, or 0 when somebody else has leased the feed since: nothing of it is
-- stored then.
local FEED_KEEP = 90 * 86400000 -- ms from a poll on; a feed that no list has any more is forgotten
local AT_ONCE = 1000 -- arguments of one command, an even number; unpack takes 7,999 at most
local due_set = KEYS[1]
read('ZCARD', due_set)

local function ended(at, forget_at, known_at, last)
  local member = ARGV[at]
  local id, spec = string.match(member, '^(.*):(.-)$')
  local feed = ARGV[1] .. id
  local was = read('HMGET', feed, 'fence', 'hurry', 'topic_id')
  if was[1] ~= ARGV[at + 1] then return 0 end
  local due = clock(ARGV[at + 2])
  if not was[2] then due = due + ARGV[at + 3] end
  redis.call('HDEL', feed, 'until', 'hurry')
  redis.call('HSET', feed, 'due', due, 'wait', ARGV[at + 3])
  redis.call('HSET', feed, 'spec', spec, 'failures', ARGV[at + 4])
  redis.call('ZADD', due_set, due, member)
  if ARGV[at + 5] ~= '' then redis.call('HSET', feed, 'state', ARGV[at + 5]) end
  if was[3] and ARGV[at + 5] ~= '' then -- an earlier version's
    redis.call('HDEL', feed, 'url', 'topic_id', 'etag', 'last_modified', 'body_hash')
  end
  if last > forget_at then read('HLEN', feed .. ':known') end
  for i = forget_at, known_at - 2, AT_ONCE do
    redis.call('HDEL', feed .. ':known', unpack(ARGV, i, math.min(i + AT_ONCE - 1, known_at - 2)))
  end
  for i = known_at, last, AT_ONCE do
    redis.call('HSET', feed .. ':known', unpack(ARGV, i, math.min(i + AT_ONCE - 1, last)))
  end
  redis.call('PEXPIRE', feed, FEED_KEEP)
  redis.call('PEXPIRE', feed .. ':known', FEED_KEEP)
  return 1
end

local answers, at = {}, 3
while at <= #ARGV do
  local forget_at = at + 7
  local known_at = forget_at + ARGV[at + 6] + 1
  local last = known_at + ARGV[known_at - 1] - 1
  answers[#answers + 1] = ended(at, forget_at, known_at, last)
  at = last + 1
end
redis.call('PEXPIRE', due_set, ARGV[2])
return answers
