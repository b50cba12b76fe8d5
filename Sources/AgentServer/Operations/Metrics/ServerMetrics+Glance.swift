internal import AgentCore
internal import AuthTokens
internal import MCPProtocol
internal import Synchronization

/// The metrics at a glance, for a person: the same numbers as Prometheus reads, added up.
extension ServerMetrics {
    /// What `GET /admin/metrics` answers. Like the metrics themselves it holds nothing that a caller wrote.
    var glance: JSONObject {
        [
            "version": .string(AgentVersion.current),
            "uptimeSeconds": .integer(Int64(begun.duration(to: .now).seconds)),
            "requests": .object(requestsGlance), "calls": .object(callsGlance),
            "refusals": Self.sums(registry.series("agentd_refusals_total"), by: "reason"),
            "authenticationFailures": Self.sums(registry.series("agentd_authentication_failures_total"), by: "cause"),
            "pools": .array(pools.withLock { $0 }().map { .object(Self.glance($0.0, $0.1)) }),
            "sessions": [
                "users": Self.number(registry.series("agentd_user_sessions").single),
                "mcp": Self.number(registry.series("agentd_mcp_sessions").single),
            ],
            "streams": Self.number(registry.series("agentd_mcp_streams").single),
            "approvals": Self.sums(registry.series("agentd_approvals_total"), by: "outcome"),
            "tokens": .object(tokensGlance),
            "certificate": [
                "expirySeconds": Self.number(registry.series("agentd_certificate_expiry_seconds").single)
            ],
            "lockdown": .bool(registry.series("agentd_lockdown").single == 1),
            "audit": auditGlance, "reloads": .object(reloadsGlance),
        ]
    }

    private var requestsGlance: JSONObject {
        let requests = registry.series("agentd_http_requests_total")
        return [
            "total": Self.number(requests.total),
            "inFlight": Self.number(registry.series("agentd_http_requests_in_flight").single),
            "byStatus": Self.sums(requests, by: "status"), "byRoute": Self.sums(requests, by: "route"),
        ]
    }

    private var callsGlance: JSONObject {
        let calls = registry.series("agentd_calls_total")
        return [
            "total": Self.number(calls.total), "byOutcome": Self.sums(calls, by: "outcome"),
            "failures": Self.sums(registry.series("agentd_failures_total"), by: "reason"),
            "tools": Self.sums(registry.series("agentd_tool_calls_total"), by: "tool"),
        ]
    }

    private static func glance(_ name: String, _ pool: DatabasePool) -> JSONObject {
        [
            "database": .string(name), "reachable": .bool(pool.lastConnectError == nil),
            "inUse": .integer(Int64(pool.inUse)), "idle": .integer(Int64(pool.idle)),
            "opening": .integer(Int64(pool.opening)), "maximum": .integer(Int64(pool.maximum)),
            "waiting": .integer(Int64(pool.waiting)), "circuitOpen": .bool(pool.isCircuitOpen),
            "acquisitions": .integer(Int64(pool.acquisitions)),
            "acquireFailures": .integer(Int64(pool.acquireFailures.values.reduce(0, +))),
            "cancelledQueries": .integer(Int64(pool.cancelledQueries)),
        ]
    }

    private var tokensGlance: JSONObject {
        var tokens = JSONObject()
        for (state, count) in registry.series("agentd_tokens").totals(by: "state", keepsZeros: true) {
            tokens[state] = Self.number(count)
        }
        let expiring = registry.series("agentd_tokens_expiring").totals(by: "within", keepsZeros: true)
        tokens["expiring"] = .object(JSONObject(expiring.map { ($0.value, Self.number($0.total)) }))
        tokens["nextExpirySeconds"] = Self.number(registry.series("agentd_token_expiry_seconds").single)
        return tokens
    }

    /// Null where no audit log is kept.
    private var auditGlance: JSONValue {
        guard let writable = registry.series("agentd_audit_log_writable").single else { return .null }
        var audit: JSONObject = ["writable": .bool(writable == 1)]
        for (result, count) in registry.series("agentd_audit_records_total").totals(by: "result", keepsZeros: true) {
            audit[result] = Self.number(count)
        }
        return .object(audit)
    }

    private var reloadsGlance: JSONObject {
        JSONObject(
            reloadOutcomes.map { subject, outcome in
                (
                    subject.rawValue,
                    ["takenOver": .bool(outcome.isTakenOver), "at": AccountJSON.moment(outcome.at)]
                )
            })
    }

    private static func sums(_ series: MetricSeries, by label: String) -> JSONValue {
        .object(JSONObject(series.totals(by: label).map { ($0.value, number($0.total)) }))
    }

    /// A whole number, as counts and seconds are; null for what is not known.
    private static func number(_ value: Double?) -> JSONValue {
        value.flatMap { Int64(exactly: $0.rounded()) }.map { .integer($0) } ?? .null
    }
}
