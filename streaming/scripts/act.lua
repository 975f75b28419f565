-- What an agent says of a session that another connection speaks in, for its moderator.
-- KEYS: session, heard    ARGV: value, ms of arrival, ttl ms of the stream    -> the entry's id; nil: the session is gone
if redis.call('EXISTS', KEYS[1]) == 0 then return nil end
local id = redis.call('XADD', KEYS[2], '*', 'e', ARGV[1], 't', ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return id
