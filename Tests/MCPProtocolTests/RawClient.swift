import MCPProtocol
import Synchronization
import TestSupport
import Testing

/// A client that sends bytes as they are, and sees what the server sends, held against the schemas.
final class RawClient: Sendable {
    private struct State {
        var received: [JSONValue] = []
        var waiting: CheckedContinuation<Void, Never>?
    }

    let server: MCPServer
    let recorded: RecordedTransport
    private let end: InMemoryTransport
    private let state = Mutex(State())
    private let tasks = Mutex<[Task<Void, Never>]>([])

    init(
        _ service: any MCPService = ShopService(), caller: String? = nil, hub: MCPServer? = nil,
        _ configure: (inout ServerOptions) -> Void = { _ in },
        over way: (InMemoryTransport) -> any Transport = { $0 }
    ) {
        var options = ServerOptions()
        options.sealer = OpenSealer()
        options.grace = .seconds(2)
        configure(&options)
        let server = hub ?? MCPServer(service: service, options: options)
        let (near, far) = InMemoryTransport.pair()
        let recorded = RecordedTransport(way(far))
        self.server = server
        self.recorded = recorded
        end = near
        let serving = Task { _ = try? await server.serve(recorded, caller: caller) }
        let reading: Task<Void, Never> = Task { [self] in
            try? await near.run { frame in
                guard case .message(let bytes) = frame, let value = try? JSONValue.parse(bytes) else { return }
                let waiting = self.state.withLock { state in
                    state.received.append(value)
                    defer { state.waiting = nil }
                    return state.waiting
                }
                waiting?.resume()
            }
        }
        tasks.withLock { $0 = [serving, reading] }
    }

    func send(_ text: String) throws { try end.post(Array(text.utf8)) }

    func send(_ value: JSONValue) throws { try end.post(value.serialized()) }

    /// Everything that came so far.
    var received: [JSONValue] { state.withLock { $0.received } }

    /// Waits for the first message that fits, and takes it out.
    func next(_ fits: @Sendable (JSONValue) -> Bool = { _ in true }) async -> JSONValue {
        while true {
            let found = state.withLock { state in
                state.received.firstIndex(where: fits).map { state.received.remove(at: $0) }
            }
            if let found { return found }
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let ready = state.withLock { state in
                    if state.received.contains(where: fits) { return true }
                    state.waiting = continuation
                    return false
                }
                if ready { continuation.resume() }
            }
        }
    }

    /// Sends a text and waits for the next message.
    func exchange(_ text: String) async throws -> JSONValue {
        try send(text)
        return await next()
    }

    /// Sends a 2026-07-28 request and waits for its answer.
    func call(
        _ method: String, _ params: JSONObject = [:], id: JSONValue = 1, capabilities: JSONValue = [:],
        meta: JSONObject = [:]
    ) async throws -> JSONValue {
        try send(Self.request(method, params, id: id, capabilities: capabilities, meta: meta))
        return await next { $0["id"] == id && $0["method"] == nil }
    }

    static func request(
        _ method: String, _ params: JSONObject = [:], id: JSONValue = 1, capabilities: JSONValue = [:],
        meta: JSONObject = [:]
    ) -> JSONValue {
        var params = params
        var all = meta
        all["io.modelcontextprotocol/protocolVersion"] = "2026-07-28"
        all["io.modelcontextprotocol/clientCapabilities"] = capabilities
        params["_meta"] = .object(all)
        return ["jsonrpc": "2.0", "id": id, "method": .string(method), "params": .object(params)]
    }

    /// Sends an older request and waits for its answer.
    func legacy(_ method: String, _ params: JSONObject? = nil, id: JSONValue = 1) async throws -> JSONValue {
        var message: JSONObject = ["jsonrpc": "2.0", "id": id, "method": .string(method)]
        message["params"] = params.map { .object($0) }
        try send(.object(message))
        return await next { $0["id"] == id && $0["method"] == nil }
    }

    @discardableResult
    func initialize(_ version: String, capabilities: JSONValue = [:]) async throws -> JSONValue {
        let answer = try await legacy(
            "initialize",
            [
                "protocolVersion": .string(version), "capabilities": capabilities,
                "clientInfo": ["name": "raw", "version": "0"],
            ], id: "init")
        try send(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
        return answer
    }

    /// Ends the connection and holds what the server sent against the schemas.
    func finish(_ location: SourceLocation = #_sourceLocation) async {
        end.close()
        for task in tasks.withLock({ $0 }) { await task.value }
        #expect(recorded.problems == [], sourceLocation: location)
    }
}
