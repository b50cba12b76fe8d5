import AgentServer
import Hummingbird
import Logging
import Synchronization
import TestSupport

/// What was logged, as whoever reads the log sees it.
final class LoggedLines: Sendable {
    /// One line.
    struct Line: Sendable {
        let level: Logger.Level
        let message: String
        let metadata: [String: String]
    }

    private let all = Mutex<[Line]>([])

    var lines: [Line] { all.withLock { $0 } }
    /// The lines of requests.
    var requests: [[String: String]] { lines.filter { $0.message == "request" }.map(\.metadata) }
    /// Everything in one text.
    var text: String { lines.map { "\($0.level) \($0.message) \($0.metadata)" }.joined(separator: "\n") }

    deinit { Evidence.log(text, from: "observed") }

    func logger(_ level: Logger.Level = .trace) -> Logger {
        Logger(label: "agentd") { _ in Handler(lines: self, logLevel: level) }
    }

    private struct Handler: LogHandler {
        let lines: LoggedLines
        var logLevel: Logger.Level
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues(\.description)
            let line = Line(level: event.level, message: event.message.description, metadata: all)
            lines.all.withLock { $0.append(line) }
        }
    }
}

/// Runs a server whose requests are observed, on a free port, while `body` runs; then ends it.
///
/// - Parameters:
///   - routes: Adds routes.
///   - body: Is given the port.
func withObservedServer<Value: Sendable>(
    metrics: ServerMetrics, logger: Logger, routes: (Router<AgentRequestContext>) -> Void,
    _ body: @escaping @Sendable (Int) async throws -> Value
) async throws -> Value {
    let router = Router(context: AgentRequestContext.self)
    router.add(middleware: RequestObservation(metrics: metrics, logger: logger))
    routes(router)
    return try await LocalServer.run(router) { port, _ in try await body(port) }
}
