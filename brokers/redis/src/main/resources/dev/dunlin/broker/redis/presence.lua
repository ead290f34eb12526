-- Who is present in a channel, shared by the scripts of presence: lets go of who has expired.
--   KEYS[1] expiry of each client, a sorted set in ms of the server's clock
--   KEYS[2] client -> length of the user's id, ':', that id, envelope
--   KEYS[3] user -> clients of that user
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function user(value)
  local length = string.match(value, '^%d+')
  return string.sub(value, #length + 2, #length + 1 + tonumber(length))
end

local function drop(client)
  local value = redis.call('HGET', KEYS[2], client)
  redis.call('ZREM', KEYS[1], client)
  if value then
    redis.call('HDEL', KEYS[2], client)
    if redis.call('HINCRBY', KEYS[3], user(value), -1) <= 0 then
      redis.call('HDEL', KEYS[3], user(value))
    end
  end
end

for _, client in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))) do
  drop(client)
end

