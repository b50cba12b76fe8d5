public import AgentCore
public import AuthTokens
internal import Synchronization

/// The metrics of a server, as Prometheus reads them at `/metrics`.
///
/// ```swift
/// let metrics = ServerMetrics()
/// let agent = try Agent(configuration: configuration, logger: logger, observers: [metrics, QuerySpans()])
/// metrics.watch(agent)
/// ```
/// Labels hold what this program or its configuration chose: names of routes, databases, tools and reasons. None holds a
/// statement, a token, a user or an address. What each metric means, and what to do about it: Documentation/Monitoring.md.
public final class ServerMetrics: Sendable, GuardObserver {
    /// What can be read again while the server runs.
    public enum ReloadSubject: String, Sendable, CaseIterable {
        /// The configuration, and with it the databases and the tools.
        case configuration
        case tokens, users, certificates
    }

    /// What became of the last reload of something.
    public struct ReloadOutcome: Sendable, Hashable {
        /// Whether what was read last is in force.
        public var isTakenOver: Bool
        /// When something was last taken over; nil where nobody keeps it.
        public var at: Timestamp?

        /// Describes the last reload.
        public init(isTakenOver: Bool, at: Timestamp? = nil) {
            self.isTakenOver = isTakenOver
            self.at = at
        }
    }

    let registry = MetricRegistry()
    /// When counting began.
    let begun = ContinuousClock.now

    private let requests = MetricCounter(
        "agentd_http_requests_total", "HTTP requests that were answered.", labels: ["method", "route", "status"])
    private let requestDurations = MetricHistogram(
        "agentd_http_request_duration_seconds",
        "Time from the head of a request to the end of its answer; streams that stay open are left out.",
        labels: ["route"])
    private let responseBytes = MetricCounter(
        "agentd_http_response_bytes_total", "Bytes of the bodies of answers.")
    private let inFlight = MetricGauge(
        "agentd_http_requests_in_flight", "HTTP requests that are being answered, open streams included.")
    private let authenticationFailures = MetricCounter(
        "agentd_authentication_failures_total",
        "Requests and sign-ins that were refused since nobody known sent them, by the cause.", labels: ["cause"],
        known: AuthenticationFailure.allCases.map { [$0.rawValue] })
    private let toolCalls = MetricCounter(
        "agentd_tool_calls_total", "Calls of MCP tools, by how they ended.", labels: ["tool", "outcome"])
    private let calls = MetricCounter(
        "agentd_calls_total", "Calls that entered the guard, by what it found and what became of them.",
        labels: ["database", "verdict", "outcome"])
    private let refusals = MetricCounter(
        "agentd_refusals_total", "Calls that the guard refused, by the kind of reason.",
        labels: ["database", "reason"])
    private let failures = MetricCounter(
        "agentd_failures_total", "Calls that the guard let through and that failed, by the kind of failure.",
        labels: ["database", "reason"])
    private let queryDurations = MetricHistogram(
        "agentd_query_duration_seconds",
        "Time of calls that ran, from the guard to the last row, waiting for a connection included.",
        labels: ["database", "verdict"])
    private let rows = MetricCounter(
        "agentd_rows_total", "Rows that were returned, or changed by writes.", labels: ["database"])
    private let resultBytes = MetricCounter(
        "agentd_result_bytes_total", "Bytes of the values that were returned.", labels: ["database"])
    private let approvals = MetricCounter(
        "agentd_approvals_total", "Writes that a person was asked about, by what became of them.",
        labels: ["database", "outcome"])
    /// The pools of the databases, by their names.
    let pools = Mutex<@Sendable () -> [(String, DatabasePool)]>({ [] })
    private let reloads = Mutex<[ReloadSubject: @Sendable () -> ReloadOutcome]>([:])

    /// Makes the metrics; nothing is measured before something is watched or told.
    public init() {
        registry.add(
            requests, requestDurations, responseBytes, inFlight, authenticationFailures, toolCalls, calls, refusals,
            failures, queryDurations, rows, resultBytes, approvals)
        let version = AgentVersion.current
        registry.add(
            MetricReading(
                "agentd_build_info", .gauge, "1, with the version as a label.", labels: ["version"],
                read: { [(values: [version], value: 1)] }))
        ProcessMetrics.add(to: registry)
        inFlight.set(0)
        watchReloads()
    }

    /// Every metric in Prometheus' text exposition format 0.0.4.
    public func exposition() -> String { registry.exposition() }

    /// The media type of ``exposition()``.
    public static var contentType: String { MetricText.contentType }

    // MARK: - HTTP

    /// A request has come; ``counted(requestStatus:method:route:duration:bytes:)`` follows.
    func began() { inFlight.add(1) }

    /// A request was answered.
    ///
    /// - Parameters:
    ///   - status: The status of the answer.
    ///   - method: The method; one that is not HTTP's own is counted as `other`.
    ///   - route: The template of the route, never the path itself.
    ///   - duration: How long it took; nil for a stream that stays open as long as the client likes.
    ///   - bytes: The length of the body.
    public func counted(
        requestStatus status: Int, method: String = "GET", route: String, duration: Duration?, bytes: Int = 0
    ) {
        requests.add(1, Self.methods.contains(method) ? method : "other", route, String(status))
        if let duration { requestDurations.observe(duration, route) }
        responseBytes.add(Double(bytes))
    }

    /// The request that ``began()`` is over.
    func ended() { inFlight.add(-1) }

    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    /// Somebody did not show who they are.
    ///
    /// - Parameter cause: Why, as a word of a fixed set (``AuthenticationFailure``); a new one is counted too.
    public func authenticationFailed(_ cause: String) { authenticationFailures.add(1, cause) }

    /// A tool was called.
    ///
    /// - Parameters:
    ///   - tool: Its name; of a tool that there is.
    ///   - outcome: How it ended.
    func called(tool: String, outcome: ToolCallOutcome) { toolCalls.add(1, tool, outcome.rawValue) }

    // MARK: - Reload

    /// Watches what becomes of the reloads of something.
    ///
    /// - Parameters:
    ///   - subject: What is read again.
    ///   - outcome: What became of the last reload.
    public func watch(reloadsOf subject: ReloadSubject, _ outcome: @escaping @Sendable () -> ReloadOutcome) {
        reloads.withLock { $0[subject] = outcome }
    }

    /// What became of the last reload of each thing that is watched.
    var reloadOutcomes: [(ReloadSubject, ReloadOutcome)] {
        let watched = reloads.withLock { $0 }
        return ReloadSubject.allCases.compactMap { subject in watched[subject].map { (subject, $0()) } }
    }

    private func watchReloads() {
        let outcomes: @Sendable () -> [(ReloadSubject, ReloadOutcome)] = { [weak self] in self?.reloadOutcomes ?? [] }
        registry.add(
            MetricReading(
                "agentd_last_reload_successful", .gauge,
                "Whether what was read last was taken over (1) or the old was kept (0).", labels: ["subject"],
                read: { outcomes().map { ([$0.0.rawValue], $0.1.isTakenOver ? 1 : 0) } }),
            MetricReading(
                "agentd_last_reload_success_timestamp_seconds", .gauge,
                "When something was last taken over, in seconds since 1970; at first the start.", labels: ["subject"],
                read: {
                    outcomes().compactMap { subject, outcome in
                        outcome.at.map { ([subject.rawValue], Double($0.seconds)) }
                    }
                }))
    }

    // MARK: - The guard

    /// Counts a call at the guard.
    public func finished(_ call: GuardedCall) async {
        calls.add(1, call.database, call.verdict.rawValue, call.outcome.rawValue)
        // The kind alone: what follows the colon quotes names of the statement.
        let reason = call.reason.map { String($0.prefix { $0 != ":" }) } ?? "unknown"
        switch call.outcome {
        case .refused: refusals.add(1, call.database, reason)
        case .failed: failures.add(1, call.database, reason)
        default: break
        }
        switch call.outcome {
        case .completed, .failed, .cancelled, .dryRun:
            queryDurations.observe(call.duration, call.database, call.verdict.rawValue)
        case .refused, .asked, .declined: break
        }
        if call.rows > 0 { rows.add(Double(call.rows), call.database) }
        if call.bytes > 0 { resultBytes.add(Double(call.bytes), call.database) }
        if call.approvalID != nil { approvals.add(1, call.database, call.outcome.rawValue) }
    }

    /// Puts the series of a database there before its first call, at 0.
    func announce(_ database: DatabaseConfiguration) {
        calls.announce(database.name, "read", "completed")
        rows.announce(database.name)
        resultBytes.announce(database.name)
        for reason in ["not_read_only", "refused_function", "refused_relation", "refused_approval"] {
            refusals.announce(database.name, reason)
        }
        for outcome in GuardedCall.Outcome.allCases where database.allowWrites {
            approvals.announce(database.name, outcome.rawValue)
        }
    }
}
