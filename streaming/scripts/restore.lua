-- Redis came back without its tail: what one writer wrote is written again, under the same ids, in any order, any number
-- of times. An entry is put where its id belongs, if it lies behind where its stream ended when the server came back
-- (what is missing before that place was trimmed), and not before what was trimmed since.
-- KEYS: the writer's hash, ends of streams as they came back, names taken, then the streams
-- ARGV: incarnation of the server, 'stage' or 'record', ttl ms of the hash, number of fields, then (name, value) each,
--       number of names taken, then those, number of trims, then (stream's place in KEYS, lowest id to keep) each,
--       place in KEYS of the stream that must have no hole and the sample where our part of it begins (0, 0: none),
--       number of entries, then (stream's place in KEYS, id, ttl ms (0: none), number of words, those) each
-- -> number of entries that were missing. FENCED: the stage was claimed since; HOLE: what lies before our part is gone.
local hash, ends, run = KEYS[1], KEYS[2], ARGV[1]
local a = 4

local function word()
  a = a + 1
  return ARGV[a - 1]
end

local function words()
  local found = {}
  for i = 1, tonumber(word()) do found[i] = word() end
  return found
end

local function before(one, other)
  local l1, r1 = string.match(one, '^(%d+)-(%d+)$')
  local l2, r2 = string.match(other, '^(%d+)-(%d+)$')
  l1, l2 = tonumber(l1), tonumber(l2)
  return l1 < l2 or (l1 == l2 and tonumber(r1) < tonumber(r2))
end

local function ended(key)
  local known = redis.call('HGET', ends, run .. key)
  if known then return known end
  local about = redis.pcall('XINFO', 'STREAM', key)
  local last = '0-0'
  for i = 1, #about, 2 do
    if about[i] == 'last-generated-id' then last = about[i + 1] end
  end
  redis.call('HSET', ends, run .. key, last)
  redis.call('PEXPIRE', ends, 120000)
  return last
end

local fields = {}
for _ = 1, tonumber(word()) do
  local name = word()
  fields[name] = word()
end
local names = words()
local trims = {}
for i = 1, tonumber(word()) do trims[i] = {KEYS[tonumber(word())], word()} end
local whole, begin = tonumber(word()), tonumber(word())

if ARGV[2] == 'stage' and redis.call('HGET', hash, 'run') == run then
  return redis.error_reply('FENCED claimed since')
end
if whole > 0 and tonumber(string.match(ended(KEYS[whole]), '^%d+')) < begin then
  return redis.error_reply('HOLE before ' .. begin)
end

local function newer()
  if ARGV[2] == 'stage' then
    local has = redis.call('HMGET', hash, 'epoch', 'n')
    local epoch, mine = tonumber(has[1] or '0'), tonumber(fields.epoch or '0')
    if epoch ~= mine then return epoch < mine end
    return tonumber(has[2] or '0') < tonumber(fields.n or '0')
  end
  return tonumber(redis.call('HGET', hash, 'socket') or '0') <= tonumber(fields.socket or '0')
end

if next(fields) then
  local latest = newer()
  for name, value in pairs(fields) do
    if ARGV[2] == 'record' and (name == 'stored' or name == 'socket') then
      local had = tonumber(redis.call('HGET', hash, name) or '-1')
      if had < tonumber(value) then redis.call('HSET', hash, name, value) end
    elseif latest then
      redis.call('HSET', hash, name, value)
    end
  end
  redis.call('PEXPIRE', hash, ARGV[3])
end
for _, name in ipairs(names) do redis.call('SADD', KEYS[3], name) end
if #names > 0 then redis.call('PEXPIRE', KEYS[3], ARGV[3]) end

local function put(key, id, entry)
  local made = redis.pcall('XADD', key, id, unpack(entry))
  if type(made) ~= 'table' then return 1 end
  if not string.find(made.err, 'equal or smaller', 1, true) then return made end
  if #redis.call('XRANGE', key, id, id) > 0 then return 0 end
  -- It belongs before others that were put first. All are taken out and put again in order: a stream in whose blocks
  -- deleted entries stand between greater and lesser ids is not trimmed rightly by the server.
  local all = redis.call('XRANGE', key, '-', '+')
  for _, one in ipairs(all) do redis.call('XDEL', key, one[1]) end
  redis.call('XSETID', key, '0-1', 'ENTRIESADDED', 0, 'MAXDELETEDID', '0-1')
  local placed = false
  for _, one in ipairs(all) do
    if not placed and before(id, one[1]) then
      redis.call('XADD', key, id, unpack(entry))
      placed = true
    end
    redis.call('XADD', key, one[1], unpack(one[2]))
  end
  if not placed then redis.call('XADD', key, id, unpack(entry)) end
  return 1
end

local missing = 0
for _, trim in ipairs(trims) do
  ended(trim[1])
  redis.call('XTRIM', trim[1], 'MINID', trim[2])
  local floor = redis.call('HGET', ends, run .. trim[1] .. '>')
  if not floor or before(floor, trim[2]) then redis.call('HSET', ends, run .. trim[1] .. '>', trim[2]) end
end
for _ = 1, tonumber(word()) do
  local key, id, ttl = KEYS[tonumber(word())], word(), word()
  local entry = words()
  local floor = redis.call('HGET', ends, run .. key .. '>')
  if before(ended(key), id) and not (floor and before(id, floor)) then
    local done = put(key, id, entry)
    if type(done) == 'table' then return done end
    missing = missing + done
  end
  if ttl ~= '0' then  -- never sooner than somebody else, who knew better how long it is needed, has said
    redis.call('PEXPIRE', key, ttl, 'NX')
    redis.call('PEXPIRE', key, ttl, 'GT')
  end
end
return missing
