-- Keep my leases: only those that are still mine are renewed (XCLAIM alone would steal a lost one back).
-- KEYS: jobs    ARGV: group, consumer, ids...    -> the ids that are still mine
local mine = {}
for i = 3, #ARGV do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)
  if pending[1] and pending[1][2] == ARGV[2] then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
    mine[#mine + 1] = ARGV[i]
  end
end
return mine
