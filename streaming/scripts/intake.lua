-- What a client sent goes into a stream of its session, if its socket still owns the session.
-- KEYS: session, stream, refs
-- ARGV: socket, entry id ('*', '<sample>-0' for sound, '<sample>-*' for a mark), field, value, ms of arrival,
--       ref ('' for sound, whose id is its name), samples stored after it ('' leaves them),
--       'ending' for the last input of a session, 'late' for what may still come after that,
--       configuration from now on ('' leaves it), ttl ms of the stream, ttl ms of everything else
-- -> the entry's id, or '' when this was already taken
local has = redis.call('HMGET', KEYS[1], 'socket', 'ending')
if has[1] ~= ARGV[1] then return redis.error_reply('REPLACED socket is ' .. (has[1] or 'gone')) end
if ARGV[6] ~= '' and redis.call('SISMEMBER', KEYS[3], ARGV[6]) == 1 then return '' end
if has[2] and ARGV[8] ~= 'late' then
  if ARGV[6] == '' then return '' end  -- sound that was sent before the end, and is sent again
  return redis.error_reply('ENDED')
end
local id = redis.pcall('XADD', KEYS[2], ARGV[2], ARGV[3], ARGV[4], 't', ARGV[5])
if type(id) == 'table' and id.err then
  if string.find(id.err, 'equal or smaller', 1, true) then return '' end
  return id
end
if ARGV[6] ~= '' then
  redis.call('SADD', KEYS[3], ARGV[6])
  redis.call('PEXPIRE', KEYS[3], ARGV[11])
end
if ARGV[7] ~= '' then redis.call('HSET', KEYS[1], 'stored', ARGV[7]) end
if ARGV[8] == 'ending' then redis.call('HSET', KEYS[1], 'ending', '1') end
if ARGV[9] ~= '' then redis.call('HSET', KEYS[1], 'config', ARGV[9]) end
redis.call('PEXPIRE', KEYS[2], ARGV[10])
return id
