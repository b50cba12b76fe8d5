import AgentCore
import MCPHTTP
import Synchronization

/// What the parts of a running server tell each other.
final class ServerState: Sendable {
    private struct State {
        var isEnding = false
        var certificate: TLSIdentityFiles?
        var reloadProblems: [String] = []
        var names: [String] = []
        var addresses: AddressPolicy
    }

    private let http: HTTPConfiguration
    private let state: Mutex<State>

    init(_ http: HTTPConfiguration) {
        self.http = http
        state = Mutex(State(addresses: AddressPolicy(hosts: Self.hosts(http, []), origins: http.allowedOrigins)))
    }

    /// The names that were listed, that the server listens by, and that its certificate is for: a browser that is led here by
    /// another name refuses the certificate.
    private static func hosts(_ http: HTTPConfiguration, _ names: [String]) -> [String] {
        let listened = ListenAddress(http.listen).flatMap { $0.isName ? $0.host : nil }
        return http.allowedHosts + (listened.map { [$0] } ?? []) + names
    }

    /// Whether the server ends.
    var isEnding: Bool {
        get { state.withLock { $0.isEnding } }
        set { state.withLock { $0.isEnding = newValue } }
    }

    /// The certificate, where there is one.
    var certificate: TLSIdentityFiles? {
        get { state.withLock { $0.certificate } }
        set { state.withLock { $0.certificate = newValue } }
    }

    /// Which `Host` and `Origin` are allowed at the moment.
    var addresses: AddressPolicy {
        state.withLock { state in
            let names = state.certificate?.names ?? []
            if names != state.names {
                state.names = names
                state.addresses = AddressPolicy(hosts: Self.hosts(http, names), origins: http.allowedOrigins)
            }
            return state.addresses
        }
    }

    /// Says what could not be reloaded.
    func reloaded(_ problems: [String]) { state.withLock { $0.reloadProblems = problems } }

    /// What is wrong at the moment, a sentence each without secrets.
    var problems: [String] {
        let (certificate, problems) = state.withLock { ($0.certificate, $0.reloadProblems) }
        return (certificate?.problem.map { [$0] } ?? []) + problems
    }
}
