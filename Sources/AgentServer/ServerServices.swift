public import AgentCore

/// What a program puts into an ``AgentServer`` besides the agent and the accounts; everything has a default.
public struct ServerServices: Sendable {
    /// What requests and calls are counted in, and what `GET /metrics` on `telemetry.metrics_listen` shows; `nil`: nothing is
    /// counted, and there is no such listener. Whoever made the agent gave it to the agent as an observer, too.
    public var metrics: ServerMetrics?
    /// What else is read again on a reload (SIGHUP): says what could not be, a sentence without secrets each. It shows in the
    /// log and in `/readyz` until the next reload.
    public var onReload: (@Sendable () async -> [String])?
    /// Told once every listener accepts connections, with the addresses that are listened on (`127.0.0.1:8080`): for a
    /// program that asked for port 0.
    public var onListening: (@Sendable ([String]) -> Void)?
    /// The chat that is served, for a program that brings its own language model; `nil`: the agent's, where the configuration
    /// names a model.
    public var chat: Chat?
    /// Bounds of connections.
    public var limits: NetworkLimits

    /// No metrics, nothing to reload, the default bounds.
    public init() {
        metrics = nil
        onReload = nil
        onListening = nil
        chat = nil
        limits = NetworkLimits()
    }
}
