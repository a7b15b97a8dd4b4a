-- hurry: a feed is due now; when a poll of it is under way, as soon as that has ended.
--
-- KEYS  1 the due set of the list   2 the feed
-- ARGV  1 member   2 now, ms ('' = Redis's clock)
local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local lease_end = redis.call('HGET', KEYS[2], 'until')
if tonumber(lease_end or 0) > now then
  redis.call('HSET', KEYS[2], 'hurry', 1)
else
  redis.call('HSET', KEYS[2], 'due', now)
  redis.call('ZADD', KEYS[1], 'XX', now, ARGV[1])
end
