-- hurry: a feed is due now; when a poll of it is under way, as soon as that has ended.
--
-- KEYS  1 the due set of the list   2 the feed
-- ARGV  1 member   2 now, ms ('' = Redis's clock)
local now = clock(ARGV[2])
read('ZCARD', KEYS[1])
local lease_end = read('HGET', KEYS[2], 'until')
if number(lease_end) > now then
  redis.call('HSET', KEYS[2], 'hurry', 1)
else
  redis.call('HSET', KEYS[2], 'due', now)
  redis.call('ZADD', KEYS[1], 'XX', now, ARGV[1])
end
