import AuthTokens
import HTTPTypes
import MCPHTTP

/// Decides who sends a request, by its head alone: the seam between the network and the accounts.
protocol CallerDeciding: Sendable {
    /// Who sends a request, or why it is not heard.
    ///
    /// - Parameters:
    ///   - head: The head of the request; the body was not read.
    ///   - address: The caller's address.
    ///   - isSecure: Whether the caller's own connection is encrypted.
    func caller(of head: HTTPRequest, address: String, isSecure: Bool) async -> CallerVerdict
}

/// What came of asking who sends a request.
enum CallerVerdict: Sendable {
    /// The request is heard.
    case caller(AuthenticatedCaller)
    /// It is not.
    case refused(CallerRefusal)
}

/// Everybody who reaches the server, where authentication is off.
struct AnybodyCalls: CallerDeciding {
    static let caller = AuthenticatedCaller(
        principal: Principal(id: "anybody", name: "anybody", scopes: [.read, .write, .approve]), credential: .none)

    func caller(of head: HTTPRequest, address: String, isSecure: Bool) async -> CallerVerdict {
        .caller(Self.caller)
    }
}

/// Nobody: what holds when callers have to show who they are and nothing looks at it.
struct NobodyCalls: CallerDeciding {
    func caller(of head: HTTPRequest, address: String, isSecure: Bool) async -> CallerVerdict {
        .refused(.unauthorized())
    }
}
