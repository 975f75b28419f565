-- Take a session's work for a role: a new epoch fences whoever had it before.
-- The epoch only grows, and is at least the clock's ms, so that it grows also after Redis lost its tail.
-- How often it was taken since it last got on is counted: what it had let go of then (`kept`) is compared with `before`.
-- KEYS: stage, session    ARGV: worker, ttl ms, incarnation of the server
-- -> {epoch, revision, state, configuration, tries, kept}; nil: no such session
local config = redis.call('HGET', KEYS[2], 'config')
if not config then return nil end
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
local had = redis.call('HMGET', KEYS[1], 'epoch', 'rev', 'state', 'kept', 'before', 'tries')
local kept = had[4] or ''
local tries = kept == (had[5] or '') and tonumber(had[6] or '0') + 1 or 1
local epoch = string.format('%.0f', math.max(ms, tonumber(had[1] or '0') + 1))
redis.call('HSET', KEYS[1], 'epoch', epoch, 'owner', ARGV[1], 'n', '0', 'ids', '', 'run', ARGV[3], 'before', kept, 'tries', tries)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {epoch, had[2] or '0', had[3] or '', config, tostring(tries), kept}
