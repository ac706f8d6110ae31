-- For wrk: requests of the corpus. CORPUS: file; PER: events a request; BAD, BROKEN: share of events that violate their schema,
-- and of those that are not JSON, 0 to 1. Prints one line: WRK requests microseconds not-2xx socket-errors p50 p99 p99.9.
local corpus = dofile(os.getenv("CORPUS"))
local per, bad, broken = tonumber(os.getenv("PER") or 1), tonumber(os.getenv("BAD") or 0), tonumber(os.getenv("BROKEN") or 0)
local requests = {}

local function pick(i)
   local place = (i * 7919) % 1000 / 1000          -- spreads the bad ones evenly
   if place < bad then return corpus.bad[i % #corpus.bad + 1] end
   if place < bad + broken then return corpus.broken[i % #corpus.broken + 1] end
   return corpus.events[i % #corpus.events + 1]
end

function init(args)
   local i = 0
   for r = 1, math.floor(#corpus.events / per) do
      local body = {}
      for j = 1, per do i = i + 1; body[j] = pick(i) end
      requests[r] = wrk.format("POST", "/v1/events", {
         ["Content-Type"] = per > 1 and "application/x-ndjson" or "application/json",
         ["User-Agent"] = corpus.agents[(r * 7) % #corpus.agents + 1],
      }, table.concat(body, "\n"))
   end
end

local at = 0
function request()
   at = at % #requests + 1
   return requests[at]
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format("WRK %d %d %d %d %d %d %d\n", summary.requests, summary.duration, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout,
      latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
