-- What an agent says of a session that another connection speaks in, for its moderator.
-- KEYS: session, heard, events    ARGV: value, ms of arrival, ttl ms of the stream    -> the entry's id; nil: the session is gone, or over
if redis.call('EXISTS', KEYS[1]) == 0 then return nil end
local last = redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)[1]
if last and string.find(last[2][2], '{"type":"session.ended"', 1, true) then return nil end
local id = redis.call('XADD', KEYS[2], '*', 'e', ARGV[1], 't', ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return id
