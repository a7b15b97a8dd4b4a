-- block: nobody asks a host for so long; a longer block stands.
--
-- KEYS  1 the host
-- ARGV  1 ms   2 now, ms ('' = Redis's clock)   3 ms of the longest block
local now = clock(ARGV[2])
local free_at = now + ARGV[1]
if free_at > within(read('GET', KEYS[1]), now, tonumber(ARGV[3])) then
  redis.call('SET', KEYS[1], string.format('%.0f', free_at), 'PX', ARGV[1])
end
