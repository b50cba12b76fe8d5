-- One query_database call over and over, for wrk. The token comes from the environment: arguments show in the process list.
wrk.method = "POST"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json, text/event-stream"
wrk.headers["MCP-Protocol-Version"] = "2026-07-28"
wrk.headers["Mcp-Method"] = "tools/call"
wrk.headers["Mcp-Name"] = "query_database"
wrk.body = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":'
  .. '"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}},"name":"query_database","arguments":{"query":"SELECT 1"}}}'

local threads = {}
function setup(thread) threads[#threads + 1] = thread end
function init() failed, bytes = 0, 0 end

-- What is no result is no transaction. wrk calls this for each answer if it is there at all.
if os.getenv("BENCH_CHECK") then
  function response(status, headers, body)
    if status ~= 200 or body:find('"isError":true', 1, true) or not body:find('"result"', 1, true) then
      failed = failed + 1
    end
    bytes = #body
  end
end

-- One line for the script: answers a second, failures, bytes of an answer, and of its body when they were looked into.
function done(summary, latency, requests)
  local errors = summary.errors
  local bad = errors.connect + errors.read + errors.write + errors.timeout + errors.status
  if os.getenv("BENCH_CHECK") then bad = 0 end
  local body = 0
  for _, thread in ipairs(threads) do
    bad = bad + thread:get("failed")
    body = math.max(body, thread:get("bytes"))
  end
  print(string.format("figures %.0f %d %.0f %d", summary.requests / (summary.duration / 1e6), bad,
    summary.bytes / math.max(1, summary.requests), body))
end
