-- extend: leases last for so long from now, if they are still held; 0 ms gives them back.
--
-- KEYS  1 the due set of the list
-- ARGV  1 prefix of a feed's key   2 now, ms ('' = Redis's clock)   3 lease, ms   4 how long the
--       list is kept, ms   5.. member and fence of each lease, in turn
-- Answers the members whose lease is lost or was settled.
local now = clock(ARGV[2])
read('ZCARD', KEYS[1])
local lost = {}
for i = 5, #ARGV, 2 do
  local member = ARGV[i]
  local feed = ARGV[1] .. string.match(member, '^(.*):')
  local held = read('HMGET', feed, 'fence', 'until')
  if held[1] == ARGV[i + 1] and held[2] then
    redis.call('HSET', feed, 'until', now + ARGV[3])
    redis.call('ZADD', KEYS[1], now + ARGV[3], member)
  else
    lost[#lost + 1] = member
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return lost
