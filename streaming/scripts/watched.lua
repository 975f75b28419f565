-- How many viewers of a name one gateway has; who begins to watch, or watches no more, is told in the log, once for all
-- gateways. What no gateway has said again for a while does not count. Behind the log's end nothing is told.
-- KEYS: session, viewers, events
-- ARGV: field (`who@gateway`), viewers there, ms now, ms before which it does not count, ttl ms, event if they begin to
--       watch, event if they watch no more
-- -> id of the event, '' if none was told; nil: the session is gone
if redis.call('EXISTS', KEYS[1]) == 0 then return nil end
local who = string.match(ARGV[1], '^(.*)@')
local function watched()
  local flat = redis.call('HGETALL', KEYS[2])
  for i = 1, #flat, 2 do
    local at = tonumber(string.match(flat[i + 1], ':(%d+)$'))
    if at > tonumber(ARGV[4]) then
      if string.match(flat[i], '^(.*)@') == who then return true end
    else
      redis.call('HDEL', KEYS[2], flat[i])
    end
  end
  return false
end
local before = watched()
if ARGV[2] == '0' then
  redis.call('HDEL', KEYS[2], ARGV[1])
else
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. ':' .. ARGV[3])
  redis.call('PEXPIRE', KEYS[2], ARGV[5])
end
local after = watched()
if before ~= after then
  local last = redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)[1]
  if last and not string.find(last[2][2], '{"type":"session.ended"', 1, true) then
    return redis.call('XADD', KEYS[3], '*', 'e', after and ARGV[6] or ARGV[7])
  end
end
return ''
