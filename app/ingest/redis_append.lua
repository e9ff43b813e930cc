-- Appends batches to the stream as one entry, but those that are known, and trims the oldest: all or nothing.
--
-- KEYS[1]  the stream; the other keys have its name with more behind it
-- ARGV     a new epoch, the newest id that the caller has seen, samples to keep, requests remembered of a
--          source, sources remembered, seconds that a source is; then seven for each part:
--          kind, source, number, counts, content, samples, data
-- A part of kind "b" is a batch; source "": it is not numbered, else the number has 20 digits, and counts is "1"
-- if numbers between are missing. One of kind "c" changes what is said of a channel: source is its name, content
-- all that is said of it from now on; content "": nothing; source "": of no channel.
-- Returns the id of the entry, or "" if nothing was new, and the epoch; then a pair for each part: 0 and how many numbers are
-- missing before it; 1, 0: it is stored already; 2, 0: its number was used for another content.
--
-- An entry has the field h, "epoch, samples before it, samples in it", and one for each part: "c", or "b" with
-- how many numbers are missing behind it. The epoch changes when the stream has begun anew, or gone back.

local stream = KEYS[1]
local totals, marks, sources, facts = stream .. ':totals', stream .. ':marks', stream .. ':sources', stream .. ':facts'
local fresh, newest, keep = ARGV[1], ARGV[2], tonumber(ARGV[3])
local longest, senders, seconds = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]

local function later(a, b)
  local am, as = a:match('^(%d+)-(%d+)$')
  local bm, bs = b:match('^(%d+)-(%d+)$')
  am, bm = tonumber(am), tonumber(bm)
  return am > bm or (am == bm and tonumber(as) > tonumber(bs))
end

local function whole(n) return string.format('%.0f', n) end

-- Halves, since a number of 64 bits is more than a double can tell from its neighbour.
local function missing(n, highest)
  if not highest then return 0 end
  if n <= highest then return -1 end
  return (tonumber(n:sub(1, 10)) - tonumber(highest:sub(1, 10))) * 1e10
    + tonumber(n:sub(11)) - tonumber(highest:sub(11)) - 1
end

local state = redis.call('HMGET', totals, 'epoch', 'samples', 'id')
local epoch, total, last = state[1], tonumber(state[2] or 0), state[3] or '0-0'
if not epoch then
  epoch = fresh
  local newest_entry = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  local before, own = (newest_entry and newest_entry[2][2] or ''):match('^%S+ (%d+) (%d+)$')
  if before then total = tonumber(before) + tonumber(own) end
elseif later(newest, last) then
  epoch = fresh
end

local answers, fields, noted, changes = {}, {}, {}, {}
local known, highest, added = {}, {}, 0
for at = 7, #ARGV, 7 do
  local kind, source, n, counts, content, samples, data = unpack(ARGV, at, at + 6)
  local name, answer, value = kind, 0, 0
  if kind == 'c' then
    changes[#changes + 1] = {source, content}
  elseif source ~= '' then
    local seen = stream .. ':seen:' .. source
    local before = known[source .. n] or redis.call('HGET', seen, n)
    if before then
      answer = before == content and 1 or 2
    else
      if highest[source] == nil then highest[source] = redis.call('HGET', seen, 'highest') end
      value = counts == '1' and missing(n, highest[source]) or 0
      if not highest[source] or n > highest[source] then highest[source] = n end
      known[source .. n] = content
      noted[#noted + 1] = {source, n, content}
      name = 'b' .. whole(value)
    end
  end
  if answer == 0 then
    fields[#fields + 1] = name
    fields[#fields + 1] = data
    added = added + tonumber(samples)
  end
  answers[#answers + 1] = answer
  answers[#answers + 1] = whole(value)
end
if #fields == 0 then return {'', epoch, unpack(answers)} end

-- This first: what Redis refuses for want of memory it refuses before anything is written.
local head = epoch .. ' ' .. whole(total) .. ' ' .. whole(added)
local id = redis.call('XADD', stream, '*', 'h', head, unpack(fields))
local after = total + added
redis.call('HSET', totals, 'epoch', epoch, 'samples', whole(after), 'id', id)

for _, note in ipairs(noted) do
  local source, n, content = unpack(note)
  local seen, order = stream .. ':seen:' .. source, stream .. ':order:' .. source
  redis.call('HSET', seen, n, content, 'highest', highest[source])
  if redis.call('RPUSH', order, n) > longest then redis.call('HDEL', seen, redis.call('LPOP', order)) end
  redis.call('EXPIRE', seen, seconds)
  redis.call('EXPIRE', order, seconds)
  redis.call('ZADD', sources, redis.call('TIME')[1], source)
end
while #noted > 0 and redis.call('ZCARD', sources) > senders do
  local source = redis.call('ZPOPMIN', sources)[1]
  redis.call('DEL', stream .. ':seen:' .. source, stream .. ':order:' .. source)
end

for _, change in ipairs(changes) do
  if change[1] == '' then redis.call('DEL', facts)
  elseif change[2] == '' then redis.call('HDEL', facts, change[1])
  else redis.call('HSET', facts, change[1], change[2]) end
end

-- A mark now and then says how many samples there were by which entry: the stream is cut at marks.
local step = math.max(1, math.floor(keep / 64))
if math.floor(after / step) > math.floor(total / step) then redis.call('RPUSH', marks, id .. ' ' .. whole(after)) end
local cut, oldest = nil, redis.call('LINDEX', marks, 0)
while oldest do
  local place, samples = oldest:match('^(%S+) (%d+)$')
  if tonumber(samples) > after - keep then break end
  cut = place
  redis.call('LPOP', marks)
  oldest = redis.call('LINDEX', marks, 0)
end
if cut then redis.call('XTRIM', stream, 'MINID', '~', cut) end
return {id, epoch, unpack(answers)}
