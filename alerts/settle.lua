-- settle: what became of a claim.
-- KEYS  1 card   2.. the item's id, address and GUID keys
-- ARGV  1 item:text   2 token   3 'sent' or 'free'   4 ts   5 text
-- Answers ok, or stale when the claim is somebody else's by now (nothing is changed then).
local card, version = KEYS[1], ARGV[1]
if redis.call('HGET', card, 'o:' .. version) ~= ARGV[2] then return 'stale' end
redis.call('HDEL', card, 'o:' .. version, 'l:' .. version)
local is_root = redis.call('HGET', card, 'root') == version
if ARGV[3] == 'free' then
  redis.call('HDEL', card, 'v:' .. version)
  if is_root then redis.call('HDEL', card, 'root') end
  return 'ok'
end
redis.call('HSET', card, 'v:' .. version, 's', 't:' .. ARGV[5], version)
if is_root then redis.call('HSET', card, 'ts', ARGV[4]) end
for i = 2, #KEYS do redis.call('HSET', card, 'i:' .. KEYS[i], ARGV[5]) end
return 'ok'
