internal import AuthTokens
public import MCPProtocol

/// Seals what goes through the hands of an MCP client between a question and its answer: authenticated encryption, bound to
/// the principal, with the keys that approvals are sealed with.
public struct SealedRequestState: RequestStateSealer {
    private let secret: SecretFile

    /// - Parameter desk: the desk whose keys are used, so that processes which share approvals share this too.
    public init(desk: ApprovalDesk) { secret = desk.secret }

    /// Seals some bytes for a caller.
    public func seal(_ state: [UInt8], caller: (any Sendable)?) throws -> String {
        try secret.seal(state, for: .approval, context: Self.context(caller))
    }

    /// Opens what ``seal(_:caller:)`` made for the same caller.
    public func unseal(_ text: String, caller: (any Sendable)?) throws -> [UInt8] {
        try secret.open(text, for: .approval, context: Self.context(caller))
    }

    /// SHA-256.
    public func digest(_ bytes: [UInt8]) -> [UInt8] { Digest.sha256(bytes) }

    private static func context(_ caller: (any Sendable)?) -> [UInt8] {
        Array("request-state:".utf8) + Array(((caller as? Principal)?.id ?? "").utf8)
    }
}
