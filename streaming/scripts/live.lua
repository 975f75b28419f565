-- What a list of live sessions shows of one: read at once, so that a session costs one call of a pipeline.
-- KEYS: session, events, the recogniser's stage, viewers
-- -> {configuration, samples stored, samples recognised, id of the log's first entry, viewers as HVALS}; nil: it is gone
local has = redis.call('HMGET', KEYS[1], 'config', 'stored')
local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)
if not has[1] or not first[1] then return nil end
local at = redis.call('HGET', KEYS[3], 'at')
return {has[1], has[2] or '0', at or '0', first[1][1], redis.call('HVALS', KEYS[4])}
