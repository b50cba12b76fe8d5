import MCPProtocol

/// A response that is no answer of MCP.
public struct HTTPFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The HTTP status.
    public var status: Int
    /// `WWW-Authenticate`, when the server wants a token or another one.
    public var challenge: String?
    /// What the server said about it, cut short; `nil` when it said nothing readable.
    public var message: String?

    /// A response that is no answer.
    public init(status: Int, challenge: String? = nil, message: String? = nil) {
        self.status = status
        self.challenge = challenge
        self.message = message
    }

    /// The session has ended; the client has to connect anew.
    public var isSessionEnd: Bool { status == 404 }

    /// The value as text.
    public var description: String {
        "The server answered with HTTP status \(status)" + (message.map { ": \($0)" } ?? "")
    }
}

extension HTTPFailure: EraNeutralFailure {
    /// A server of the older era does not know a probe and says so with 4xx; a token, a limit or a failure of the server
    /// would have met any request.
    package var saysNothingOfEra: Bool {
        switch status {
        case 401, 403, 407, 429: true
        default: !(400..<500).contains(status)
        }
    }
}
