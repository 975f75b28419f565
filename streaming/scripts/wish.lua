-- What an agent wants of the gateway that has the session, kept until it is fulfilled; nothing at all behind the end.
-- KEYS: session    ARGV: the wish, or '' to take away what is there    -> what was there before, if anything; nil: gone
local has = redis.call('HMGET', KEYS[1], 'socket', 'ending', 'wish')
if not has[1] or (has[2] and ARGV[1] ~= '') then return nil end
if ARGV[1] == '' then
  redis.call('HDEL', KEYS[1], 'wish')
else
  redis.call('HSET', KEYS[1], 'wish', ARGV[1])
end
return has[3] or ''
