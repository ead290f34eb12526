-- The head of a channel's stream, shared by the scripts that publish and read.
--   KEYS[1] the head, a hash: epoch, offset of the last publication, run of the server that the
--           epoch began on, life (one per loss of the head), version and version_epoch
--   KEYS[2] the publications, a stream whose ids are offsets
--   ARGV[1] run of the server we are on, ARGV[2] a fresh name for an epoch,
--   ARGV[3] 1 if the server's persistence is trusted to lose nothing

-- Redis prints large numbers with an exponent unless told otherwise.
local function whole(number)
  return string.format('%.0f', number)
end

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Times to live are extended, never cut short.
local function keep(key, millis)
  if redis.call('PTTL', key) < tonumber(millis) then
    redis.call('PEXPIRE', key, millis)
  end
end

-- Epoch, offset and life; nil if there is no stream. A server that is not the one the epoch began
-- on may have lost a tail: same publications, same offsets, another epoch.
local function head()
  local known = redis.call('HMGET', KEYS[1], 'epoch', 'offset', 'run', 'life')
  local epoch = known[1]
  if not epoch then
    return nil
  end
  if known[3] ~= ARGV[1] then
    if ARGV[3] ~= '1' then
      epoch = ARGV[2]
    end
    redis.call('HSET', KEYS[1], 'epoch', epoch, 'run', ARGV[1])
  end
  return epoch, known[2], known[4]
end

-- As head, with a stream begun if there is none.
local function open()
  local epoch, offset, life = head()
  if not epoch then
    redis.call('DEL', KEYS[2])
    epoch, offset, life = ARGV[2], '0', ARGV[2]
    redis.call('HSET', KEYS[1], 'epoch', epoch, 'offset', offset, 'run', ARGV[1], 'life', life)
  end
  return epoch, offset, life
end

