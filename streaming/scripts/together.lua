-- Several commands as one: nothing comes between them.
-- KEYS: all that they touch    ARGV: for each command the number of its words, then these    -> their replies
local replies, a = {}, 1
while a <= #ARGV do
  local n = tonumber(ARGV[a])
  replies[#replies + 1] = redis.call(unpack(ARGV, a + 1, a + n))
  a = a + n + 1
end
return replies
