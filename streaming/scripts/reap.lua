-- Sessions whose client was last seen before a time: each is given to one who asks, and again later if it was not ended.
-- KEYS: live    ARGV: seen before (ms), now (ms)    -> session ids
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], 0, ARGV[1])
for _, sid in ipairs(gone) do redis.call('ZADD', KEYS[1], 'XX', ARGV[2], sid) end
return gone
