-- Keep my leases: only those that are still mine are renewed (XCLAIM alone would steal a lost one back).
-- One that has been held long enough to be healthy begins to count its deliveries anew.
-- KEYS: jobs    ARGV: group, consumer, then (id, '1' if healthy) each    -> the ids that are still mine
local mine = {}
for i = 3, #ARGV, 2 do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)
  if pending[1] and pending[1][2] == ARGV[2] then
    local count = ARGV[i + 1] == '1' and 1 or pending[1][4]
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'RETRYCOUNT', count, 'JUSTID')
    mine[#mine + 1] = ARGV[i]
  end
end
return mine
