/// What a program puts into an ``AgentServer`` besides the agent and the accounts; everything has a default.
public struct ServerServices: Sendable {
    /// Where the server counts, served by `GET /metrics` on `telemetry.metrics_listen`; `nil`: no such listener. The agent has
    /// to be made with them among its observers.
    public var metrics: ServerMetrics?
    /// Other metrics in Prometheus' text format to be served instead.
    public var exposition: (@Sendable () -> String)?
    /// What else is read again on a reload (SIGHUP): says what could not be, a sentence without secrets each. It shows in the
    /// log and in `/readyz` until the next reload.
    public var onReload: (@Sendable () async -> [String])?
    /// Told once every listener accepts connections, with the addresses that are listened on (`127.0.0.1:8080`): for a
    /// program that asked for port 0.
    public var onListening: (@Sendable ([String]) -> Void)?
    /// Bounds of connections.
    public var limits: NetworkLimits

    /// No metrics, nothing to reload, the default bounds.
    public init() {
        metrics = nil
        exposition = nil
        onReload = nil
        onListening = nil
        limits = NetworkLimits()
    }

    /// What `GET /metrics` answers; `nil`: there is no such listener.
    var metricsText: (@Sendable () -> String)? {
        if let exposition { return exposition }
        guard let metrics else { return nil }
        return { metrics.exposition() }
    }
}
