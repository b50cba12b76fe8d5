/// A server of MCP in both eras: an ``MCPService`` behind transports.
public final class MCPServer: Sendable {
    /// The application.
    public let service: any MCPService
    /// Bounds and hooks.
    public let options: ServerOptions
    /// Who is told of changes.
    let hub = SubscriptionHub()

    /// A server of an application.
    public init(service: any MCPService, options: ServerOptions = ServerOptions()) {
        self.service = service
        self.options = options
    }

    /// Serves one connection until the end of its input, then waits for the answers in flight, at most
    /// ``ServerOptions/grace``. Cancelling the task ends it the same way.
    ///
    /// - Parameters:
    ///   - transport: the connection.
    ///   - caller: who is on the other side, for ``RequestContext/caller``.
    /// - Throws: an error of reading.
    public func serve(_ transport: any Transport, caller: (any Sendable)? = nil) async throws {
        try await ServerConnection(server: self, transport: transport, caller: caller).run()
    }

    /// Announces that the list of tools changed.
    public func toolsChanged() { hub.publish(.toolsChanged) }
    /// Announces that the list of prompts changed.
    public func promptsChanged() { hub.publish(.promptsChanged) }
    /// Announces that the list of resources changed.
    public func resourcesChanged() { hub.publish(.resourcesChanged) }
    /// Announces that the contents of a resource changed, to those who watch it.
    public func resourceUpdated(_ uri: String) { hub.publish(.resourceUpdated(uri)) }
}
