-- block: nobody asks a host for so long; a longer block stands.
--
-- KEYS  1 the host
-- ARGV  1 ms   2 now, ms ('' = Redis's clock)
local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local free_at = now + ARGV[1]
if free_at > tonumber(redis.call('GET', KEYS[1]) or 0) then
  redis.call('SET', KEYS[1], string.format('%.0f', free_at), 'PX', ARGV[1])
end
