-- A client is back: its new socket owns the session from now on, and whatever an older one sends is refused.
-- KEYS: session    ARGV: hash of the token    -> {socket, configuration, samples stored, ending}; nil: unknown or wrong
local has = redis.call('HMGET', KEYS[1], 'resume', 'config', 'stored', 'ending')
if not has[1] or has[1] ~= ARGV[1] then return nil end
local socket = redis.call('HINCRBY', KEYS[1], 'socket', 1)
return {tostring(socket), has[2], has[3] or '0', has[4] or ''}
