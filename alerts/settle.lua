-- settle: what became of a claim.
-- KEYS  1 card   2.. the item's id, address and GUID keys
-- ARGV  1 claimed item:text   2 its holder   3 'sent' or 'free'   4 ts   5 shown item:text
-- Shown differs from claimed when a root taken over turns out to stand in the channel with the words
-- of an earlier holder: those are told then, and the claimed version is judged anew.
-- Answers ok, also when asked again after a lost answer, or stale when the claim is somebody else's
-- by now (nothing is changed then).
local card, claimed, holder, shown = KEYS[1], ARGV[1], ARGV[2], ARGV[5]

local function get(field)
  return redis.call('HGET', card, field)
end

if ARGV[3] == 'sent' and get('v:' .. shown) == 's' and get('o:' .. shown) == holder then
  return 'ok'
end
if get('o:' .. claimed) ~= holder then return 'stale' end
redis.call('HDEL', card, 'v:' .. claimed, 'o:' .. claimed, 'l:' .. claimed, 'b:' .. claimed)
local is_root = get('root') == claimed
local text = string.match(shown, ':(.*)$') or shown
if ARGV[3] == 'free' then
  local base = get('base')
  if is_root and base then
    redis.call('HSET', card, 'root', base)
  elseif is_root then
    redis.call('HDEL', card, 'root')
  end
  for i = 2, #KEYS do
    local key = 'i:' .. KEYS[i]
    if is_root and get(key) == text then redis.call('HDEL', card, key) end
  end
  return 'ok'
end
redis.call('HSET', card, 'v:' .. shown, 's', 'o:' .. shown, holder, 't:' .. text, shown)
if is_root then redis.call('HSET', card, 'root', shown, 'ts', ARGV[4]) end
for i = 2, #KEYS do
  if shown == claimed then redis.call('HSET', card, 'i:' .. KEYS[i], text) end
end
return 'ok'
