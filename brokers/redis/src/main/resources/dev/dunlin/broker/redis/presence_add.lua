-- ARGV[1] client, ARGV[2] value, ARGV[3] ttl in ms
local value = redis.call('HGET', KEYS[2], ARGV[1])
if not value or user(value) ~= user(ARGV[2]) then
  drop(ARGV[1])
  redis.call('HINCRBY', KEYS[3], user(ARGV[2]), 1)
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[1], string.format('%.0f', now + tonumber(ARGV[3])), ARGV[1])
for _, key in ipairs(KEYS) do
  if redis.call('PTTL', key) < tonumber(ARGV[3]) then
    redis.call('PEXPIRE', key, ARGV[3])
  end
end
