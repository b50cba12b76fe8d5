final class ServerConnection: Sendable {
    init(server: MCPServer, transport: any Transport, caller: (any Sendable)?) {}
    func run() async throws {}
}
