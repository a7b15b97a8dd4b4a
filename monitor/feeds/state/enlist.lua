-- enlist: feeds of one list are to be looked at; those already there keep their place.
--
-- KEYS  1 the due set of the list
-- ARGV  1 prefix of a feed's key   2 now, ms ('' = Redis's clock)   3 how long the list is kept, ms
--       4.. member, ms until its first poll, and host ('' = none), in turn
--
-- A feed that was polled before with this address and pace stays due when it was; one whose
-- lease runs is looked at when it ends (fields: lease.lua).
local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
for i = 4, #ARGV, 3 do
  local member = ARGV[i]
  local id, spec = string.match(member, '^(.*):(.-)$')
  local feed = redis.call('HMGET', ARGV[1] .. id, 'until', 'due', 'spec')
  local look = now + ARGV[i + 1]
  if tonumber(feed[1] or 0) > now then
    look = tonumber(feed[1])
  elseif feed[2] and feed[3] == spec then
    look = tonumber(feed[2])
  end
  redis.call('ZADD', KEYS[1], 'NX', look, member)
  if ARGV[i + 2] == '' then
    redis.call('HDEL', ARGV[1] .. id, 'host')
  else
    redis.call('HSET', ARGV[1] .. id, 'host', ARGV[i + 2])
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
