-- Ask for the paths in a file, in turn, from number FIRST (0 is the top); print what happened as one line of JSON.
--   wrk -s tiles.lua URL -- PATHS FIRST
local paths = {}
local at = 0

function init(args)
  for path in io.lines(args[1]) do
    paths[#paths + 1] = path
  end
  at = tonumber(args[2])
end

function request()
  at = at % #paths + 1
  return wrk.format("GET", paths[at])
end

function done(summary, latency, requests)
  local lost = summary.errors
  io.write(string.format(
    '\n{"replies": %d, "a_second": %.3f, "failed": %d, "p99_ms": %.3f}\n',
    summary.requests,
    summary.requests / (summary.duration / 1e6),
    lost.connect + lost.read + lost.write + lost.status + lost.timeout,
    latency:percentile(99) / 1e3
  ))
end
