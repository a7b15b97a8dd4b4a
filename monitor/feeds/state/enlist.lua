-- enlist: feeds of one list are to be looked at; those already there keep their place, unless
-- their hashes say that they are due sooner.
--
-- KEYS  1 the due set of the list
-- ARGV  1 prefix of a feed's key   2 now, ms ('' = Redis's clock)   3 how long the list is kept, ms
--       4.. member, ms until its first poll, and host ('' = none), in turn
--
-- A feed that was polled before with this address and pace stays due when it was; one whose
-- lease runs is looked at when it ends (fields: lease.lua).
local now = clock(ARGV[2])
read('ZCARD', KEYS[1])
listed(KEYS[1], now)
for i = 4, #ARGV, 3 do
  local member = ARGV[i]
  local id, spec = string.match(member, '^(.*):(.-)$')
  local feed = read('HMGET', ARGV[1] .. id, 'until', 'due', 'spec', 'wait')
  local look = now + ARGV[i + 1]
  if number(feed[1]) > now then
    look = math.min(number(feed[1]), now + SLACK)
  elseif feed[2] and feed[3] == spec then
    look = due_by(feed[2], feed[4], now)
  end
  local score = redis.call('ZSCORE', KEYS[1], member)
  if not score or tonumber(score) > look then redis.call('ZADD', KEYS[1], look, member) end
  if ARGV[i + 2] == '' then
    redis.call('HDEL', ARGV[1] .. id, 'host')
  else
    redis.call('HSET', ARGV[1] .. id, 'host', ARGV[i + 2])
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
