-- settle: a poll has ended; what it learned, and when the feed is due again.  One atomic call.
--
-- KEYS  1 the due set of the list   2 the feed   3 its known items
-- ARGV  1 member   2 fence of the lease   3 now, ms ('' = Redis's clock)   4 ms until it is due
--       5 how long the list is kept, ms   6 failures in a row   7 how many fields follow
--       8.. fields and values of the feed, in turn; how many known ids to forget; these; then ids
--       and values to know, in turn
-- Answers 1, or 0 when somebody else has leased the feed since: nothing is changed then.
local due_set, feed, known = KEYS[1], KEYS[2], KEYS[3]
if redis.call('HGET', feed, 'fence') ~= ARGV[2] then return 0 end
local now = tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local due = now + ARGV[4]
redis.call('HDEL', feed, 'until')
redis.call('HSET', feed, 'due', due, 'spec', string.match(ARGV[1], ':([^:]*)$'), 'failures', ARGV[6])
redis.call('ZADD', due_set, due, ARGV[1])
redis.call('PEXPIRE', due_set, ARGV[5])

local at = 8
for i = at, at + ARGV[7] - 1, 2 do redis.call('HSET', feed, ARGV[i], ARGV[i + 1]) end
at = at + ARGV[7]
for i = at + 1, at + ARGV[at] do redis.call('HDEL', known, ARGV[i]) end
at = at + 1 + ARGV[at]
for i = at, #ARGV, 2 do redis.call('HSET', known, ARGV[i], ARGV[i + 1]) end
return 1
