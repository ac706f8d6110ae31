-- For wrk: the requests of the file REQUESTS in turn, each as the count of its bytes in a line, then the bytes (events.py writes
-- it). Prints one line: WRK requests microseconds not-2xx socket-errors p50 p99 p99.9.
local requests = {}
local file = assert(io.open(os.getenv("REQUESTS"), "rb"))
local size = file:read("*n")
while size do
   file:read(1)
   requests[#requests + 1] = file:read(size)
   size = file:read("*n")
end
file:close()

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
