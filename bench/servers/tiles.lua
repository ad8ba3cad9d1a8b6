-- Ask for the paths in a file, each with the tag that stands behind it if there is one, in turn, from number FIRST (0 is the top); print what happened as one line of JSON.
--   wrk -s tiles.lua URL -- PATHS FIRST
local requests = {}
local at = 0

function init(args)
  for line in io.lines(args[1]) do
    local path, tag = line:match("^(%S+)%s*(.*)$")
    requests[#requests + 1] = wrk.format("GET", path, tag ~= "" and {["If-None-Match"] = tag} or nil)
  end
  at = tonumber(args[2])
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local lost = summary.errors
  io.write(string.format(
    '\n{"replies": %d, "a_second": %.3f, "failed": %d, "p99_ms": %.3f}\n',
    summary.requests,
    summary.requests / (summary.duration / 1e6),
    lost.connect + lost.read + lost.write + lost.status + lost.timeout,
    latency:percentile(99) / 1e3
  ))
end
