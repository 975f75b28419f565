-- The commit: still my epoch, and the checkpoint where I left it? Then append, move the checkpoint, trim: all or nothing.
-- A stream that several roles read is trimmed to the floor of the last of them; but nobody's recording keeps more than an
-- hour of sound that was transcribed already, so that memory is bounded while the recorder is away.
-- KEYS: stage, floors, then the streams
-- ARGV: epoch, expected revision ('' appends under the epoch alone and leaves the checkpoint), state, progress ('' keeps),
--       ttl ms of the stage, number of appends, then (stream's place in KEYS, ttl ms, body) each,
--       role, number of trims, then (stream's place in KEYS, lowest id to keep) each
--       number of this write within its epoch
-- -> ids of what was appended; those of before, when this very write was done already and its answer lost
local has = redis.call('HMGET', KEYS[1], 'epoch', 'rev', 'n', 'ids')
if has[1] ~= ARGV[1] then return redis.error_reply('FENCED epoch is ' .. (has[1] or 'gone')) end
if has[3] == ARGV[#ARGV] then
  local done = {}
  for id in string.gmatch(has[4] or '', '%S+') do done[#done + 1] = id end
  return done
end
if ARGV[2] ~= '' and (has[2] or '0') ~= ARGV[2] then
  return redis.error_reply('FENCED checkpoint is ' .. (has[2] or 'gone'))
end
local BEHIND = 3600 * 16000
local role = ARGV[7 + 3 * tonumber(ARGV[6])]
local function sample(id) return tonumber(string.match(id, '^%d+')) end
local function floor(lowest)
  local has = redis.call('HGETALL', KEYS[2])
  local several = false
  for i = 1, #has, 2 do several = several or has[i] == role end
  if not several then return lowest end
  redis.call('HSET', KEYS[2], role, lowest)
  redis.call('PEXPIRE', KEYS[2], ARGV[5])
  local least = lowest
  for i = 1, #has, 2 do
    local needs = has[i + 1]
    if has[i] == 'recorder' and sample(lowest) - sample(needs) > BEHIND then
      needs = string.format('%.0f-0', sample(lowest) - BEHIND)
    end
    if has[i] ~= role and sample(needs) < sample(least) then least = needs end
  end
  return least
end
local ids, a = {}, 7
for _ = 1, tonumber(ARGV[6]) do
  local key = KEYS[tonumber(ARGV[a])]
  ids[#ids + 1] = redis.call('XADD', key, '*', 'e', ARGV[a + 2])
  redis.call('PEXPIRE', key, ARGV[a + 1])
  a = a + 3
end
local trims = tonumber(ARGV[a + 1])
for t = a + 2, a + 2 * trims, 2 do
  local key, lowest = KEYS[tonumber(ARGV[t])], ARGV[t + 1]
  if string.sub(key, -6) == ':audio' then lowest = floor(lowest) end
  redis.call('XTRIM', key, 'MINID', lowest)
  if t == a + 2 then redis.call('HSET', KEYS[1], 'kept', ARGV[t + 1]) end
end
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'at', ARGV[4]) end
if ARGV[2] ~= '' then
  redis.call('HSET', KEYS[1], 'state', ARGV[3], 'rev', string.format('%.0f', tonumber(ARGV[2]) + 1))
end
redis.call('HSET', KEYS[1], 'n', ARGV[#ARGV], 'ids', table.concat(ids, ' '))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return ids
