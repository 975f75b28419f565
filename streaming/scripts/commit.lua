-- The commit: still my epoch, and the checkpoint where I left it? Then append, move the checkpoint, trim: all or nothing.
-- KEYS: stage, then the streams
-- ARGV: epoch, expected revision ('' appends under the epoch alone and leaves the checkpoint), state, progress ('' keeps),
--       ttl ms of the stage, number of appends, then (stream's place in KEYS, ttl ms, body) each,
--       number of trims, then (stream's place in KEYS, lowest id to keep) each
-- -> ids of what was appended
local has = redis.call('HMGET', KEYS[1], 'epoch', 'rev')
if has[1] ~= ARGV[1] then return redis.error_reply('FENCED epoch is ' .. (has[1] or 'gone')) end
if ARGV[2] ~= '' and (has[2] or '0') ~= ARGV[2] then
  return redis.error_reply('FENCED checkpoint is ' .. (has[2] or 'gone'))
end
local ids, a = {}, 7
for _ = 1, tonumber(ARGV[6]) do
  local key = KEYS[tonumber(ARGV[a])]
  ids[#ids + 1] = redis.call('XADD', key, '*', 'e', ARGV[a + 2])
  redis.call('PEXPIRE', key, ARGV[a + 1])
  a = a + 3
end
local trims = tonumber(ARGV[a])
for t = 0, trims - 1 do
  redis.call('XTRIM', KEYS[tonumber(ARGV[a + 1 + 2 * t])], 'MINID', ARGV[a + 2 + 2 * t])
end
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'at', ARGV[4]) end
if ARGV[2] ~= '' then
  redis.call('HSET', KEYS[1], 'state', ARGV[3], 'rev', string.format('%.0f', tonumber(ARGV[2]) + 1))
end
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return ids
