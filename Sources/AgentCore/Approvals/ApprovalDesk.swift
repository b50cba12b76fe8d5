public import AuthTokens

/// Makes approvals, seals and opens them, and sees to it that each is used once.
///
/// With a state folder and a secret file every process that shares both takes the approvals of the others. Without a folder
/// nobody but this process could know which ones are spent, so that only this process can open them: after a restart a person
/// is asked again.
public final class ApprovalDesk: Sendable {
    let secret: SecretFile
    private let nonces: any SpentNonces
    let questions: any HeldQuestions
    let clock: @Sendable () -> Timestamp
    let lifetime: Duration

    private static let context = Array("approval".utf8)

    /// Makes a desk; opens nothing yet.
    ///
    /// - Parameters:
    ///   - secret: the keys; nil for keys of this process.
    ///   - stateDirectory: the folder where spent approvals are kept, as an absolute path; nil: in memory.
    public convenience init(secret: SecretFile? = nil, stateDirectory: String? = nil) {
        self.init(secret: secret, stateDirectory: stateDirectory, lifetime: Approval.lifetime) { .now }
    }

    /// As ``init(secret:stateDirectory:)``, with a clock and a lifetime of a test's own.
    init(
        secret: SecretFile?, stateDirectory: String?, lifetime: Duration = Approval.lifetime,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.clock = clock
        self.lifetime = lifetime
        if let stateDirectory {
            let store = StateStore(directory: stateDirectory)
            nonces = store
            questions = store
            self.secret = secret ?? .ephemeral()
        } else {
            nonces = MemoryNonces()
            questions = MemoryQuestions()
            self.secret = .ephemeral()
        }
    }

    /// An approval for a write, to be asked about.
    func issue(sql: String, database: String, dryRun: Bool, principal: String) -> Approval {
        var generator = SystemRandomNumberGenerator()
        let now = clock()
        return Approval(
            digest: Digest.sha256(sql.utf8), database: database, isDryRun: dryRun, principal: principal, issued: now,
            expires: now + lifetime,
            nonce: (0..<Approval.nonceBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }

    /// The approval as a text that only this desk, and others with its keys, can open.
    ///
    /// - Parameter approval: The approval.
    /// - Throws: `SealError` when there is no key.
    public func seal(_ approval: Approval) throws -> String {
        try secret.seal(approval.encoded, for: .approval, context: Self.context)
    }

    /// Opens what ``seal(_:)`` made. What it is good for is decided by ``Database/write(_:approval:onProgress:)``.
    ///
    /// - Parameter text: The sealed text, from anywhere.
    /// - Throws: ``ApprovalError/notAuthentic`` when it was not made here, or was changed.
    public func open(_ text: String) throws(ApprovalError) -> Approval {
        guard let bytes = try? secret.open(text, for: .approval, context: Self.context),
            let approval = Approval(encoded: bytes)
        else { throw .notAuthentic }
        return approval
    }

    /// Whether an approval is for a write, its single use aside.
    func refusal(of approval: Approval, for request: WriteRequest, on database: String) -> ApprovalError? {
        approval.refusal(
            sql: request.sql, database: database, isDryRun: request.dryRun,
            principal: request.origin.principal?.id ?? "", now: clock())
    }

    /// Uses an approval up.
    ///
    /// - Throws: ``ApprovalError/spent`` for the second use; ``StateFailure`` when nobody could know of a second use.
    func spend(_ approval: Approval) async throws {
        guard try await nonces.spend(approval.nonce, expires: approval.expires, now: clock()) else {
            throw ApprovalError.spent
        }
    }
}
