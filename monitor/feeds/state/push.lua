-- push: a body that was pushed for a feed waits for its next poll.
--
-- KEYS  1 the feed's pushed bodies
-- ARGV  1 content type, a newline, the body   2 how many wait at most   3 for how long, ms
-- Answers 1, or 0 when too many wait already: it is not kept then.
if read('LLEN', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
