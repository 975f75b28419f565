-- What a client sent goes into a stream of its session, if its socket still owns the session.
-- KEYS: session, stream, refs
-- ARGV: socket, entry id ('*', '<sample>-0' for sound, '<sample>-*' for a mark), field, value, ms of arrival, ref, samples
--       stored after it ('' leaves them), ending ('1' for the last input of a session), ttl ms of the stream
-- -> the entry's id, or '' when this was already taken
local has = redis.call('HMGET', KEYS[1], 'socket', 'ending')
if has[1] ~= ARGV[1] then return redis.error_reply('REPLACED socket is ' .. (has[1] or 'gone')) end
if ARGV[6] ~= '' and redis.call('SADD', KEYS[3], ARGV[6]) == 0 then return '' end
if has[2] then return redis.error_reply('ENDED') end
local id = redis.pcall('XADD', KEYS[2], ARGV[2], ARGV[3], ARGV[4], 't', ARGV[5])
if type(id) == 'table' and id.err then
  if string.find(id.err, 'equal or smaller', 1, true) then return '' end
  return id
end
if ARGV[7] ~= '' then redis.call('HSET', KEYS[1], 'stored', ARGV[7]) end
if ARGV[8] == '1' then redis.call('HSET', KEYS[1], 'ending', '1') end
redis.call('PEXPIRE', KEYS[2], ARGV[9])
if ARGV[6] ~= '' then redis.call('PEXPIRE', KEYS[3], ARGV[9]) end
return id
