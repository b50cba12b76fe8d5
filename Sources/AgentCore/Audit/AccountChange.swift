internal import AuthTokens

/// A change of accounts that an administrator made or tried to make, for the audit log. It holds no secret.
public struct AccountChange: Sendable {
    /// Who made it, and with what.
    public var origin: CallOrigin
    /// What was done, for example `token.create`.
    public var action: String
    /// To which token, user or session, by its id or name.
    public var subject: String
    /// Why it was not done; nil when it was.
    public var failure: String?

    /// Describes a change.
    ///
    /// - Parameters:
    ///   - origin: Who made it, and with what.
    ///   - action: What was done, for example `token.create`.
    ///   - subject: To which token, user or session, by its id or name.
    ///   - failure: Why it was not done.
    public init(origin: CallOrigin, action: String, subject: String, failure: String? = nil) {
        self.origin = origin
        self.action = action
        self.subject = subject
        self.failure = failure
    }
}

extension AuditLog {
    /// Records a change of accounts. It is on the disk when this returns.
    ///
    /// - Parameter change: The change.
    /// - Returns: Whether it could be recorded.
    @discardableResult
    public func record(_ change: AccountChange) async -> Bool {
        await append(AuditMembers(change).bytes)
    }
}

extension AuditMembers {
    init(_ change: AccountChange) {
        self.init(.account)
        let origin = change.origin
        if !origin.requestID.isEmpty { add("requestId", origin.requestID) }
        add("principal", origin.principal?.id)
        add("principalName", origin.principal.flatMap { $0.name == $0.id ? nil : $0.name })
        add("tokenId", origin.tokenID)
        add("client", origin.client)
        add("action", change.action)
        add("subject", change.subject)
        add("outcome", change.failure == nil ? "completed" : "failed")
        add("reason", change.failure)
    }
}
