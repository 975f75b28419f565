-- A question for whoever of a role is free, unless too many wait already.
-- KEYS: the role's questions    ARGV: how many may wait, ms that they may, the question    -> its id; FULL
if redis.call("XLEN", KEYS[1]) >= tonumber(ARGV[1]) then
  return redis.error_reply("FULL too many questions wait")
end
local id = redis.call("XADD", KEYS[1], "*", "e", ARGV[3])
redis.call("PEXPIRE", KEYS[1], ARGV[2])
return id
