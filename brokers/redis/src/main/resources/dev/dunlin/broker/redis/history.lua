-- Reads the history.
--   ARGV[4] meta ttl in ms (0: leave no trace), ARGV[5] epoch asked for (empty: any),
--   ARGV[6] XRANGE, XREVRANGE or an empty string (the position alone),
--   ARGV[7] where to start, ARGV[8] where to end, ARGV[9] how many at most
-- Answers {epoch, offset, entries}.
local epoch, offset
if ARGV[4] ~= '0' then
  epoch, offset = open()
  keep(KEYS[1], ARGV[4])
else
  epoch, offset = head()
  if not epoch then
    return {'', '0', {}}
  end
end
if ARGV[6] == '' or (ARGV[5] ~= '' and ARGV[5] ~= epoch) then
  return {epoch, offset, {}}
end
return {epoch, offset, redis.call(ARGV[6], KEYS[2], ARGV[7], ARGV[8], 'COUNT', ARGV[9])}
