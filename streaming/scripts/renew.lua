-- Keep my leases: only those that are still mine are renewed (XCLAIM alone would steal a lost one back).
-- One that has been held long enough to be healthy begins to count its deliveries anew.
-- 'again': the server may have forgotten that they were handed out; those that nobody has are mine.
-- KEYS: jobs    ARGV: group, consumer, 'again' or '', then (id, '1' if healthy) each    -> the ids that are still mine
local mine, group = {}, ARGV[1]
if ARGV[3] == 'again' then redis.pcall('XGROUP', 'CREATE', KEYS[1], group, '0', 'MKSTREAM') end
for i = 4, #ARGV, 2 do
  local id = ARGV[i]
  local pending = redis.call('XPENDING', KEYS[1], group, id, id, 1)
  if pending[1] and pending[1][2] == ARGV[2] then
    local count = ARGV[i + 1] == '1' and 1 or pending[1][4]
    redis.call('XCLAIM', KEYS[1], group, ARGV[2], 0, id, 'RETRYCOUNT', count, 'JUSTID')
    mine[#mine + 1] = id
  elseif ARGV[3] == 'again' and not pending[1] then
    redis.call('XCLAIM', KEYS[1], group, ARGV[2], 0, id, 'RETRYCOUNT', 1, 'FORCE', 'JUSTID', 'LASTID', id)
    mine[#mine + 1] = id
  end
end
return mine
