import MCPProtocol
import Synchronization

/// Keeps the state between two rounds of questions here, and gives clients a name for it that nobody can guess: nothing to
/// decrypt, nothing to tamper with. A server of several processes would seal the state with a key instead.
final class HeldStates: RequestStateSealer {
    struct Unknown: Error {}

    private struct State {
        var byName: [String: [UInt8]] = [:]
        var names: [String] = []
    }

    private static let maximum = 10_000
    private let state = Mutex(State())

    func seal(_ bytes: [UInt8], caller: (any Sendable)?) throws -> String {
        var generator = SystemRandomNumberGenerator()
        let name = Base64.encode((0..<24).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        state.withLock { state in
            if state.names.count >= Self.maximum { state.byName[state.names.removeFirst()] = nil }
            state.byName[name] = bytes
            state.names.append(name)
        }
        return name
    }

    func unseal(_ text: String, caller: (any Sendable)?) throws -> [UInt8] {
        guard let bytes = state.withLock({ $0.byName[text] }) else { throw Unknown() }
        return bytes
    }

    /// Nothing collides less than the bytes themselves.
    func digest(_ bytes: [UInt8]) -> [UInt8] { bytes }
}

/// Announces changes; made before the server that it announces them through.
final class Changes: Sendable {
    private let server = Mutex<MCPServer?>(nil)

    func connect(_ server: MCPServer) { self.server.withLock { $0 = server } }
    func toolsChanged() { server.withLock { $0 }?.toolsChanged() }
    func promptsChanged() { server.withLock { $0 }?.promptsChanged() }
}
