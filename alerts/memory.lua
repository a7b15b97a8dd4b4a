-- judge: is this version of an item news on this channel, and who tells it?  One atomic call.
--
-- KEYS  the item's story keys, strongest first
-- ARGV  1 key prefix   2 channel   3 story id if new   4 item   5 text   6 who asks
--       7 lease, ms    8 now, ms ('' = Redis's clock)   9 keep, s   10 keep of titles, s
--       11 '1' for an item from before the desk watched (baseline)   12.. the kind of each key
--
-- A card is a hash per (channel, story):
--   root            version (item:text) that the message shows
--   ts              the message, once it is told
--   v:<version>     p pending, s told, f folded, b from before the desk watched
--   base            the first version of which that is so: the root until the story is told
--   o:<version>     who claimed it     l:<version>  a pending claim's lease, ms
--   b:<version>     when the first of its claims was made, ms; a copy that takes over inherits it
--   i:<key>         the last text under an id, address or GUID
--   t:<text>        a text that was told, or was known before the desk watched
--
-- Answers {verdict, story, ts, wait ms, again, since ms}; again = 1 when somebody may have told it
-- already, since then or later.
local prefix, channel, item, text, token = ARGV[1], ARGV[2], ARGV[4], ARGV[5], ARGV[6]
local now = tonumber(ARGV[8])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local version = item .. ':' .. text
local KINDS = 11  -- arguments before the kinds

local function is_identity(i)
  local kind = ARGV[KINDS + i]
  return kind == 'item' or kind == 'url' or kind == 'guid'
end

local function card_of(story)
  return prefix .. 'card:' .. channel .. ':' .. story
end

-- the story: the strongest key that leads to a card on this channel, else the strongest known one
local story, on_channel
for i, key in ipairs(KEYS) do
  local known = redis.call('GET', key)
  if known and not on_channel then
    local here = redis.call('EXISTS', card_of(known)) == 1
    if here or not story then
      story, on_channel = known, here
    end
  end
end
story = story or ARGV[3]
local card = card_of(story)

for i, key in ipairs(KEYS) do
  if ARGV[KINDS + i] == 'title' then
    redis.call('SET', key, story, 'NX', 'EX', ARGV[10])
  elseif not redis.call('SET', key, story, 'NX', 'EX', ARGV[9]) then
    redis.call('EXPIRE', key, ARGV[9])
  end
end

local function get(field)
  return redis.call('HGET', card, field)
end

local function answer(verdict, wait, again)
  redis.call('EXPIRE', card, ARGV[9])
  local since = tonumber(get('b:' .. version) or 0)
  return { verdict, story, get('ts') or '', wait or 0, again or 0, since }
end

-- The root's words stand under its names from the claim on: whoever finds its message in the channel
-- after a crash then knows a copy from an update.
local function claim(verdict, again, begun)
  redis.call('HSET', card, 'v:' .. version, 'p', 'o:' .. version, token,
    'l:' .. version, now + ARGV[7])
  redis.call('HSETNX', card, 'b:' .. version, begun or now)
  for i, key in ipairs(KEYS) do
    if verdict == 'post' and is_identity(i) then redis.call('HSETNX', card, 'i:' .. key, text) end
  end
  return answer(verdict, 0, again)
end

-- a pending claim: mine to go on with, free after its lease, or to be waited for
local function pending(whose, verdict)
  if whose == version and get('o:' .. whose) == token then return claim(verdict, 0) end
  local left = tonumber(get('l:' .. whose) or 0) - now
  if left > 0 and get('o:' .. whose) ~= token then return answer('wait', left) end
  local begun = get('b:' .. whose)
  if verdict == 'post' and whose ~= version then
    redis.call('HDEL', card, 'v:' .. whose, 'o:' .. whose, 'l:' .. whose, 'b:' .. whose)
    redis.call('HSET', card, 'root', version)
  end
  return claim(verdict, 1, begun)
end

-- Other words under a known id, address or GUID are an update, the rest is a copy; words that were
-- told, or known before the desk watched, are never an update.
local function is_update()
  if get('t:' .. text) then return false end
  for i, key in ipairs(KEYS) do
    local before = is_identity(i) and get('i:' .. key)
    if before and before ~= text then return true end
  end
  return false
end

local function fold()
  redis.call('HSET', card, 'v:' .. version, 'f')
  for i, key in ipairs(KEYS) do
    if is_identity(i) then redis.call('HSET', card, 'i:' .. key, text) end
  end
  return answer('folded')
end

local root = get('root')
local root_mark = root and get('v:' .. root)
local mark = get('v:' .. version)

-- From before the desk watched: remembered at once, never claimed, so never waited for.  Where the
-- story is told or being told, it is a copy that takes no name's text away: what is news under that
-- name shall still be an update.
local function remember()
  for i, key in ipairs(KEYS) do
    if is_identity(i) then redis.call('HSETNX', card, 'i:' .. key, text) end
  end
  if root and root_mark ~= 'b' then
    redis.call('HSETNX', card, 'v:' .. version, 'f')
    return answer('folded')
  end
  redis.call('HSET', card, 'v:' .. version, 'b', 't:' .. text, version)
  if not root then redis.call('HSET', card, 'root', version, 'base', version) end
  return answer('baseline')
end

if mark == 's' then return answer('told') end
if ARGV[11] == '1' then return remember() end
if not root then
  redis.call('HSET', card, 'root', version)
  return claim('post', 0)
end
if root_mark ~= 's' and get('base') then
  -- known before the desk watched, no message yet: copies fold, the first update is the message
  if mark == 'b' then return answer('folded') end
  if mark ~= 'p' and not is_update() then return fold() end
  if root_mark == 'p' then return pending(root, 'post') end
  redis.call('HSET', card, 'root', version)
  return claim('post', 0)
end
if root_mark == 'p' then return pending(root, 'post') end
if mark == 'f' or mark == 'b' then return answer('folded') end
if mark == 'p' then return pending(version, 'thread') end
if is_update() then return claim('thread', 0) end
return fold()
