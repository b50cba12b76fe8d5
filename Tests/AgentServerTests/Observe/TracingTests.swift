import AgentCore
import InMemoryTracing
import MCPProtocol
import Testing
import Tracing

@testable import AgentServer

@Suite struct TracingTests {
    @Test("a call at the guard becomes a span with the conventions' attributes, and without its statement")
    func query() async throws {
        var call = GuardedCall(origin: .unknown, database: "shop", sql: "SELECT 'a secret'")
        call.verdict = .read
        call.outcome = .completed
        call.kinds = ["SELECT"]
        call.rows = 3
        call.duration = .milliseconds(20)
        let tracer = InMemoryTracer()
        await withTracer(tracer) { await QuerySpans().finished(call) }
        let span = try #require(tracer.finishedSpans.first)
        #expect(span.operationName == "SELECT shop")
        #expect(span.kind == .client)
        #expect(span.attributes.get("db.system.name") == .string("postgresql"))
        #expect(span.attributes.get("db.namespace") == .string("shop"))
        #expect(span.attributes.get("db.operation.name") == .string("SELECT"))
        #expect(span.attributes.get("db.response.returned_rows") == .int64(3))
        #expect(span.attributes.get("db.query.text") == nil)
        #expect(span.startInstant.nanosecondsSinceEpoch == UInt64(call.start.microseconds) * 1000)
        #expect(span.endInstant.nanosecondsSinceEpoch - span.startInstant.nanosecondsSinceEpoch == 20_000_000)
        var text = ""
        span.attributes.forEach { key, value in text += "\(key) \(value) " }
        #expect(!text.contains("a secret"))
    }

    @Test("a call that failed is an error, named by its kind alone")
    func failure() async throws {
        var call = GuardedCall(origin: .unknown, database: "shop", sql: "SELECT 1/0")
        call.outcome = .failed
        call.reason = "server_error: quotes \"names\""
        call.sqlState = "22012"
        let tracer = InMemoryTracer()
        await withTracer(tracer) { await QuerySpans().finished(call) }
        let span = try #require(tracer.finishedSpans.first)
        #expect(span.attributes.get("error.type") == .string("server_error"))
        #expect(span.attributes.get("db.response.status_code") == .string("22012"))
        #expect(span.status?.code == .error)
    }

    @Test("a tool call is counted and traced, and what runs in it is a part of its span")
    func tool() async throws {
        let tracer = InMemoryTracer()
        let metrics = ServerMetrics()
        let service = ObservedService(OneTool(), metrics: metrics)
        _ = try await withTracer(tracer) {
            try await service.callTool("query_database", arguments: [:], context: .local(caller: nil))
        }
        let spans = tracer.finishedSpans
        #expect(spans.map(\.operationName) == ["SELECT shop", "tools/call query_database"])
        #expect(spans.first?.spanContext.parentSpanID == spans.last?.spanContext.spanID)
        #expect(
            Exposition(metrics)[#"agentd_tool_calls_total{tool="query_database",outcome="answered"}"#] == 1)
    }

    @Test("a tool of an invented name is counted as other")
    func unknownTool() async {
        let metrics = ServerMetrics()
        let service = ObservedService(OneTool(), metrics: metrics)
        await #expect(throws: RPCError.self) {
            try await service.callTool("invented", arguments: [:], context: .local(caller: nil))
        }
        #expect(Exposition(metrics)[#"agentd_tool_calls_total{tool="other",outcome="error"}"#] == 1)
        #expect(!metrics.exposition().contains("invented"))
    }

    @Test("traceparent is read as W3C Trace Context writes it")
    func traceParent() {
        let parent = TraceParent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        #expect(parent?.traceID == "0af7651916cd43dd8448eb211c80319c")
        #expect(parent?.parentID == "b7ad6b7169203331")
        #expect(TraceParent("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later") != nil)
    }

    @Test(
        "what is no traceparent is none",
        arguments: [
            "", "00", "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c8031\n9-b7ad6b7169203331-01",
            "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
        ])
    func noTraceParent(text: String) {
        #expect(TraceParent(text) == nil)
    }
}

/// Answers one tool, with one call at the guard.
private struct OneTool: MCPService {
    var implementation: Implementation { Implementation(name: "one", version: "1") }
    var capabilities: ServerCapabilities { ServerCapabilities() }

    func callTool(_ name: String, arguments: JSONObject, context: RequestContext) async throws -> ToolOutcome {
        guard name == "query_database" else { throw RPCError.unknownTool(name) }
        var call = GuardedCall(origin: .unknown, database: "shop", sql: "")
        call.kinds = ["SELECT"]
        call.outcome = .completed
        await QuerySpans().finished(call)
        return .text("done")
    }
}
