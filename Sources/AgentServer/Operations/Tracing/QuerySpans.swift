public import AgentCore
import Tracing

/// A span for each call at the guard, by OpenTelemetry's conventions for databases.
///
/// The statement is not recorded (`db.query.text`), not even where the audit log keeps it: a trace goes to another system,
/// without the audit log's permissions, masks and seal. What finds the statement there is the request's id and the time.
public struct QuerySpans: GuardObserver {
    /// Makes the observer. It costs nothing while the program has no tracer.
    public init() {}

    /// Records the call as a span that is over already: it began when the call came, within what is traced around it.
    public func finished(_ call: GuardedCall) async {
        guard let tracer = ActiveTracer.tracer else { return }
        let start = DefaultTracerClock.Timestamp(
            nanosecondsSinceEpoch: UInt64(max(0, call.start.microseconds)) * 1000)
        let length = UInt64(max(0, call.duration / .nanoseconds(1)))
        let end = DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: start.nanosecondsSinceEpoch + length)

        let summary = call.kinds.prefix(5).joined(separator: " ")
        let operation = summary.isEmpty ? "catalog" : summary
        let span = tracer.startSpan("\(operation) \(call.database)", ofKind: .client, at: start)
        span.attributes["db.system.name"] = "postgresql"
        span.attributes["db.namespace"] = call.database
        span.attributes["db.query.summary"] = operation
        if call.kinds.count == 1, let kind = call.kinds.first { span.attributes["db.operation.name"] = kind }
        span.attributes["db.response.returned_rows"] = call.rows
        if let state = call.sqlState { span.attributes["db.response.status_code"] = state }
        span.attributes["agentd.verdict"] = call.verdict.rawValue
        span.attributes["agentd.outcome"] = call.outcome.rawValue
        if let id = call.approvalID { span.attributes["agentd.approval.id"] = id }
        if call.outcome == .failed {
            // The word before the colon: what follows quotes the statement.
            span.attributes["error.type"] = call.reason.map { String($0.prefix { $0 != ":" }) } ?? "unknown"
            span.setStatus(SpanStatus(code: .error))
        }
        span.end(at: end)
    }
}
