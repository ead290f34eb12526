-- Publishes: idempotency, version, append, offset and delivery in one step.
--   KEYS[3] what the idempotency key was used for; unused without one
--   ARGV[4] channel to publish on, ARGV[5] envelope, ARGV[6] history size (0: pass it by),
--   ARGV[7] history ttl, ARGV[8] meta ttl, ARGV[9] idempotency ttl (0: no key), all in ms,
--   ARGV[10] version (0: none), ARGV[11] version epoch, ARGV[12] 1 if a delta is wanted,
--   ARGV[13] PUBLISH or SPUBLISH
-- Answers {'p'ublished | 'i'dempotent | 'v'ersion, offset, epoch}.
local channel, envelope = ARGV[4], ARGV[5]
local kept, keyed = ARGV[6] ~= '0', ARGV[9] ~= '0'

if keyed then
  local earlier = redis.call('GET', KEYS[3])
  if earlier then
    local at, of = string.match(earlier, '^(%d+) (.*)$')
    if at == '0' then
      return {'i', '0', ''}
    end
    local epoch, _, life = head()
    if life == of then -- otherwise its stream was lost, and it with it
      return {'i', at, epoch}
    end
  end
end

local time = whole(now())
local epoch, offset, life, before = '', '0', '', ''
if kept then
  epoch, offset, life = open()
  if ARGV[10] ~= '0' then
    local known = redis.call('HMGET', KEYS[1], 'version', 'version_epoch')
    local seen = known[1] or '0'
    -- decimals without leading zeros, compared as such: doubles are exact to 2^53 only
    local newer = #ARGV[10] > #seen or (#ARGV[10] == #seen and ARGV[10] > seen)
    if not newer and (ARGV[11] == '' or ARGV[11] == known[2]) then
      return {'v', offset, epoch}
    end
    redis.call('HSET', KEYS[1], 'version', ARGV[10], 'version_epoch', ARGV[11])
  end
  if ARGV[12] == '1' then
    local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
    if last then
      before = last[2][2]
    end
  end
  offset = whole(redis.call('HINCRBY', KEYS[1], 'offset', 1))
  redis.call('XADD', KEYS[2], 'MAXLEN', '=', ARGV[6], offset .. '-0', 'e', envelope, 't', time)
  redis.call('PEXPIRE', KEYS[2], ARGV[7])
  keep(KEYS[1], ARGV[8])
end
if keyed then
  redis.call('SET', KEYS[3], offset .. ' ' .. life, 'PX', ARGV[9])
end
local place = epoch == '' and '-' or epoch
redis.call(ARGV[13], channel,
  'p ' .. offset .. ' ' .. place .. ' ' .. time .. ' ' .. #before .. '\n' .. before .. envelope)
return {'p', offset, epoch}
