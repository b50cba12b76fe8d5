public import AgentCore
public import AuthTokens
internal import Synchronization

/// What others count or know already is looked up when it is asked for.
extension ServerMetrics {
    /// Watches the databases, the configuration and the audit log of an agent.
    public func watch(_ agent: Agent) {
        // A reload brings others: they are looked up each time. The agent holds its observers, so that what is held here of it
        // must not hold it.
        watch(pools: { [weak agent] in agent?.databases.databases.map { ($0.name, $0.pool) } ?? [] })
        agent.databases.databases.forEach { announce($0.configuration) }
        watch(reloadsOf: .configuration) { [weak agent] in
            guard let state = agent?.reloadState else { return ReloadOutcome(isTakenOver: true) }
            return ReloadOutcome(isTakenOver: state.isCurrent, at: state.succeededAt)
        }
        guard let audit = agent.audit else { return }
        registry.add(
            MetricReading(
                "agentd_audit_log_writable", .gauge,
                "Whether the audit log can be written (1); while it cannot (0), no write runs.",
                value: { audit.failure == nil ? 1 : 0 }),
            MetricReading(
                "agentd_audit_records_total", .counter, "Records of the audit log, by whether they could be kept.",
                labels: ["result"],
                read: { [(["kept"], Double(audit.keptCount)), (["lost"], Double(audit.lostCount))] }))
    }

    /// Watches pools of connections, by the names of their databases.
    func watch(pools: @escaping @Sendable () -> [(String, DatabasePool)]) {
        self.pools.withLock { $0 = pools }
        func reading(
            _ name: String, _ kind: MetricText.Kind, _ help: String, labels: [String] = [],
            _ series: @escaping @Sendable (DatabasePool) -> [(values: [String], value: Double)]
        ) -> MetricReading {
            MetricReading(name, kind, help, labels: ["database"] + labels) {
                pools().flatMap { name, pool in series(pool).map { ([name] + $0.values, $0.value) } }
            }
        }
        func single(
            _ name: String, _ kind: MetricText.Kind, _ help: String,
            _ value: @escaping @Sendable (DatabasePool) -> Double
        ) -> MetricReading {
            reading(name, kind, help) { [(values: [], value: value($0))] }
        }
        registry.add(
            single(
                "agentd_database_reachable", .gauge,
                "0 when the last attempt to connect failed, else 1; also before the first."
            ) { $0.lastConnectError == nil ? 1 : 0 },
            reading(
                "agentd_pool_connections", .gauge, "Connections to the database, by what they do.",
                labels: ["state"]
            ) {
                [
                    (["idle"], Double($0.idle)), (["in_use"], Double($0.inUse)), (["opening"], Double($0.opening)),
                ]
            },
            single("agentd_pool_max_connections", .gauge, "The most connections that there may be (pool.max).") {
                Double($0.maximum)
            },
            single("agentd_pool_waiting_calls", .gauge, "Calls that wait for a connection.") { Double($0.waiting) },
            single(
                "agentd_pool_circuit_open", .gauge,
                "1 while calls are turned away at once, since the last attempts to connect failed."
            ) { $0.isCircuitOpen ? 1 : 0 },
            single("agentd_pool_acquisitions_total", .counter, "Calls that got a connection.") {
                Double($0.acquisitions)
            },
            single("agentd_pool_wait_seconds_total", .counter, "Time that calls waited for connections.") {
                $0.waited.seconds
            },
            reading(
                "agentd_pool_acquire_failures_total", .counter, "Calls that got no connection, by the reason.",
                labels: ["reason"]
            ) { pool in
                pool.acquireFailures.sorted { $0.key < $1.key }.map { ([Self.snakeCase($0.key)], Double($0.value)) }
            },
            reading(
                "agentd_pool_connects_total", .counter, "Attempts to connect to the database.", labels: ["result"]
            ) { [(["failed"], Double($0.openFailures)), (["opened"], Double($0.opened))] },
            single("agentd_pool_closed_connections_total", .counter, "Connections that were closed.") {
                Double($0.closed)
            },
            single("agentd_cancelled_queries_total", .counter, "Queries that were cancelled on the server.") {
                Double($0.cancelledQueries)
            })
    }

    /// Watches tokens, sessions and the lockdown.
    ///
    /// - Parameters:
    ///   - accounts: The accounts.
    ///   - now: The present; for tests.
    public func watch(_ accounts: Accounts, now: @escaping @Sendable () -> Timestamp = { .now }) {
        watch(reloadsOf: .tokens) { ReloadOutcome(isTakenOver: accounts.tokens.failure == nil) }
        watch(reloadsOf: .users) { ReloadOutcome(isTakenOver: accounts.users.failure == nil) }
        registry.add(
            MetricReading(
                "agentd_tokens", .gauge, "Tokens of the token file, by whether they are accepted.", labels: ["state"]
            ) {
                let now = now()
                let states = accounts.tokens.records.reduce(into: [:]) { $0[$1.state(at: now), default: 0] += 1 }
                return TokenRecord.State.allCases.map { ([$0.rawValue], Double(states[$0, default: 0])) }
            },
            MetricReading(
                "agentd_token_expiry_seconds", .gauge,
                "Seconds until the first of the accepted tokens expires; absent when none does."
            ) {
                let now = now()
                return accounts.tokens.records.filter { $0.state(at: now) == .active }.compactMap(\.expires).min()
                    .map { Double($0.seconds - now.seconds) }
            },
            MetricReading(
                "agentd_tokens_expiring", .gauge, "Accepted tokens that expire within a time.", labels: ["within"]
            ) {
                let now = now()
                let expiries = accounts.tokens.records.filter { $0.state(at: now) == .active }.compactMap(\.expires)
                return [("7d", 7), ("30d", 30)].map { name, days in
                    ([name], Double(expiries.count { $0.seconds - now.seconds <= days * 86_400 }))
                }
            },
            MetricReading("agentd_user_sessions", .gauge, "Sessions of users who are signed in.") {
                Double(accounts.sessions.list(at: now()).count)
            },
            MetricReading("agentd_lockdown", .gauge, "1 while every token and session is refused.") {
                accounts.lockdown.isOn ? 1 : 0
            })
    }

    /// Watches the certificate of the listener.
    ///
    /// - Parameter expiry: When the served certificate, or one of its chain, ends first; nil without TLS.
    public func watch(certificateExpiry expiry: @escaping @Sendable () -> Timestamp?) {
        registry.add(
            MetricReading(
                "agentd_certificate_expiry_seconds", .gauge,
                "Seconds until the certificate that is served ends; negative when it has. Absent without TLS."
            ) { expiry().map { Double($0.seconds - Timestamp.now.seconds) } })
    }

    /// Watches MCP over HTTP.
    ///
    /// - Parameters:
    ///   - sessions: How many sessions of older clients there are.
    ///   - streams: How many streams are open.
    public func watch(mcpSessions sessions: @escaping @Sendable () -> Int, streams: @escaping @Sendable () -> Int) {
        registry.add(
            MetricReading("agentd_mcp_sessions", .gauge, "Sessions of MCP clients.") { Double(sessions()) },
            MetricReading("agentd_mcp_streams", .gauge, "Streams of MCP clients that are open.") {
                Double(streams())
            })
    }

    /// A name as Prometheus users write values: `acquireTimeout` is `acquire_timeout`.
    static func snakeCase(_ name: String) -> String {
        name.reduce(into: "") { text, character in
            if character.isUppercase, !text.isEmpty { text += "_" }
            text += character.lowercased()
        }
    }
}
