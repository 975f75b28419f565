-- Workers that are gone: a consumer that holds nothing and has asked for nothing for so long is known no more.
-- One that holds something stays, or what it holds would never be handed out again.
-- KEYS: jobs    ARGV: group, ms    -> how many
local known = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
if known.err then return 0 end
local left = 0
for _, one in ipairs(known) do
  local about = {}
  for i = 1, #one, 2 do about[one[i]] = one[i + 1] end
  if about.pending == 0 and about.idle > tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], about.name)
    left = left + 1
  end
end
return left
