public import MCPProtocol
import Synchronization

/// A transport that keeps every message of both directions, and holds what its own side sends against the schemas.
public final class RecordedTransport: Transport {
    private struct State {
        var sent: [JSONValue] = []
        var received: [JSONValue] = []
        var problems: [String] = []
        var methods: [RequestID: String] = [:]
        var version: ProtocolVersion?
    }

    private let base: any Transport
    private let state = Mutex(State())

    /// A recorder around a transport.
    public init(_ base: any Transport) {
        self.base = base
    }

    /// What this side sent.
    public var sent: [JSONValue] { state.withLock { $0.sent } }
    /// What this side received and could be read.
    public var received: [JSONValue] { state.withLock { $0.received } }
    /// How what this side sent departs from the schemas.
    public var problems: [String] { state.withLock { $0.problems } }

    /// Passes on, and keeps, what is received.
    public func run(_ receive: @escaping @Sendable (InboundFrame) -> Void) async throws {
        try await base.run { [self] frame in
            if case .message(let bytes) = frame, let value = try? JSONValue.parse(bytes) {
                state.withLock { state in
                    state.received.append(value)
                    Self.learn(value, &state)
                }
            }
            receive(frame)
        }
    }

    /// Keeps, checks and passes on.
    public func send(_ message: [UInt8]) async throws {
        record(message)
        try await base.send(message)
    }

    /// Keeps, checks and passes on.
    public func post(_ message: [UInt8]) throws {
        record(message)
        try base.post(message)
    }

    /// Closes the base.
    public func close() { base.close() }

    private static func learn(_ message: JSONValue, _ state: inout State) {
        if let method = message["method"]?.string, let id = message["id"].flatMap({ RequestID($0) }) {
            state.methods[id] = method
            if let version = message["params"]?["_meta"]?["io.modelcontextprotocol/protocolVersion"]?.string {
                state.version = ProtocolVersion(version) ?? state.version
            }
        }
        if let version = message["result"]?["protocolVersion"]?.string { state.version = ProtocolVersion(version) }
    }

    private func record(_ bytes: [UInt8]) {
        state.withLock { state in
            guard !bytes.contains(0x0A), let value = try? JSONValue.parse(bytes) else {
                state.problems.append("not one line of JSON: \(String(decoding: bytes.prefix(200), as: UTF8.self))")
                return
            }
            for message in value.array ?? [value] {
                state.sent.append(message)
                Self.learn(message, &state)
                guard let version = state.version else { continue }
                let method = message["id"].flatMap { RequestID($0) }.flatMap { state.methods[$0] }
                for problem in WireSchemas.problems(with: message, version: version, answering: method) {
                    state.problems.append("\(problem) in \(message)")
                }
            }
        }
    }
}
