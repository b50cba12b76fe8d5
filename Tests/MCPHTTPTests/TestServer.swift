import HTTPTypes
import Hummingbird
import MCPHTTP
import MCPProtocol
import Synchronization
import TestSupport

/// An endpoint on a free port of this machine, for the length of a test.
struct TestServer: Sendable {
    let endpoint: MCPEndpoint
    let service: WorkshopService
    let port: Int

    var url: String { "http://127.0.0.1:\(port)/mcp" }

    /// Opens a connection and sends what a client would.
    func connect(reads: Bool = true) async throws -> RawConnection {
        try await RawConnection.open(port: port, reads: reads)
    }

    /// Sends one request on a connection of its own, and waits for the whole response.
    func exchange(_ request: WireRequest) async throws -> WireReply {
        let connection = try await connect()
        try await connection.send(request)
        let reply = try await connection.reply()
        await connection.close()
        return reply
    }
}

/// Says by `Authorization` who asks; without one nobody is asked for.
@Sendable func tokenCaller(_ head: HTTPRequest) -> CallerDecision {
    guard let field = head.headerFields[.authorization] else { return .refused(.unauthorized()) }
    guard field.hasPrefix("Bearer "), field != "Bearer wrong" else {
        return .refused(.unauthorized(challenge: #"Bearer error="invalid_token""#))
    }
    let name = String(field.dropFirst("Bearer ".count))
    return .caller(HTTPCaller(identity: name, value: name))
}

/// Runs a server while `body` runs.
///
/// - Parameters:
///   - options: of the server.
///   - configuration: of the endpoint.
///   - caller: who asks; everybody is heard by default.
///   - graceful: is given how to end the server gracefully.
func withServer<Value: Sendable>(
    options: (inout ServerOptions) -> Void = { _ in },
    configuration: (inout EndpointConfiguration) -> Void = { _ in },
    caller: (@Sendable (HTTPRequest) -> CallerDecision)? = nil,
    _ body: @escaping @Sendable (TestServer, _ shutDown: @escaping @Sendable () async -> Void) async throws -> Value
) async throws -> Value {
    let service = WorkshopService()
    var serverOptions = ServerOptions()
    serverOptions.sealer = PlainSealer()
    options(&serverOptions)
    var endpointConfiguration = EndpointConfiguration()
    configuration(&endpointConfiguration)
    let server = MCPServer(service: service, options: serverOptions)
    service.log.server.withLock { $0 = server }
    let endpoint = MCPEndpoint(server: server, configuration: endpointConfiguration)
    let router = Router()
    if let caller {
        endpoint.mount(on: router) { head, _ in caller(head) }
    } else {
        endpoint.mount(on: router)
    }
    return try await LocalServer.run(router) { port, shutDown in
        defer { endpoint.endSessions() }
        return try await body(TestServer(endpoint: endpoint, service: service, port: port), shutDown)
    }
}

/// As above, for tests that do not end the server themselves.
func withServer<Value: Sendable>(
    options: (inout ServerOptions) -> Void = { _ in },
    configuration: (inout EndpointConfiguration) -> Void = { _ in },
    caller: (@Sendable (HTTPRequest) -> CallerDecision)? = nil,
    _ body: @escaping @Sendable (TestServer) async throws -> Value
) async throws -> Value {
    try await withServer(options: options, configuration: configuration, caller: caller) { server, _ in
        try await body(server)
    }
}
