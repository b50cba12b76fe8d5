public import AuthTokens
internal import MCPProtocol
internal import Synchronization

/// A write that waits for the answer of a person, which comes with another request: what an HTTP API needs.
///
/// 1. `database.approvalQuestion(request)` → the question; `desk.hold(question)` → its id, for the address.
/// 2. The answer: `desk.answer(id, .approve, by: …)` → the held write; then `database.write(held.request(…), approval: held.approval)`.
public struct HeldWrite: Sendable {
    /// The exact SQL.
    public let sql: String
    /// What was approved.
    public let approval: Approval
    /// Who asked for it, as it was known then; nil when the question was held without it.
    public let asker: Principal?

    /// The write, as it was asked for.
    ///
    /// - Parameter origin: who is behind it; its principal has to be the one that asked.
    public func request(origin: CallOrigin) -> WriteRequest {
        WriteRequest(sql: sql, dryRun: approval.isDryRun, origin: origin)
    }
}

/// Who answers a question by another request.
public enum Approver: Sendable {
    /// A person whose presence is proven: a signed-in session with its proof against cross-site requests, a terminal.
    /// Answers for the same principal.
    case person(Principal)
    /// A program with a token, which has to carry the scope `approve`: no token has it by default, so that a program
    /// cannot approve its own writes.
    case token(Principal)

    /// Who answers.
    package var principal: Principal {
        switch self {
        case .person(let principal), .token(let principal): principal
        }
    }

    func mayAnswer(_ approval: Approval) -> Bool {
        mayAnswer(principal: approval.principal, database: approval.database)
    }

    /// Whether the approver may answer a question.
    ///
    /// - Parameters:
    ///   - asker: the id of the principal that asked for the write.
    ///   - database: the name of the database.
    package func mayAnswer(principal asker: String, database: String) -> Bool {
        switch self {
        case .person(let principal): principal.id == asker
        case .token(let principal): principal.may(.approve) && principal.mayUse(database: database)
        }
    }
}

/// What the answer to a held question comes to.
public enum HeldAnswer: Sendable {
    /// To be run now, with ``Database/write(_:approval:onProgress:)``.
    case approved(HeldWrite)
    /// Not to be run, ever.
    case declined(HeldWrite)
}

/// The answer to a held question.
public enum Decision: String, Sendable, Hashable, CaseIterable {
    case approve, decline
}

extension ApprovalDesk {
    /// Keeps a question for an answer that comes with another request, to this process or to one that shares its state.
    ///
    /// - Parameters:
    ///   - question: The question.
    ///   - asker: Who asked for the write, so that it can run for the asker when another program approves it.
    /// - Returns: The id that the answer names.
    /// - Throws: ``StateFailure`` when it cannot be kept; ``QueryFailure`` of the kind `tooManyAtOnce` when too many wait.
    public func hold(_ question: ApprovalQuestion, askedBy asker: Principal? = nil) async throws -> String {
        let approval = question.approval
        var payload: JSONObject = ["sql": .string(question.sql), "approval": approval.json]
        if let asker, asker.id == approval.principal { payload["asker"] = asker.heldJSON }
        let sealed = try secret.seal(
            JSONValue.object(payload).serialized(), for: .approval, context: Self.context(of: approval.id))
        try await questions.hold(
            sealed, id: approval.id, owner: approval.principal, expires: approval.expires, now: clock())
        return approval.id
    }

    /// The question of an id, to be shown.
    ///
    /// - Parameters:
    ///   - id: The id, from anywhere.
    ///   - approver: Who wants to see it.
    /// - Throws: ``ApprovalError``; ``StateFailure``.
    public func held(_ id: String, for approver: Approver) async throws -> HeldWrite {
        guard let sealed = try await questions.pending(id),
            let bytes = try? secret.open(sealed, for: .approval, context: Self.context(of: id)),
            let json = try? JSONValue.parse(bytes), let sql = json["sql"]?.string,
            let approval = json["approval"].flatMap({ Approval($0) }), approval.id == id
        else { throw ApprovalError.notAuthentic }
        guard approver.mayAnswer(approval) else { throw ApprovalError.otherPrincipal }
        guard clock() < approval.expires else { throw ApprovalError.expired }
        return HeldWrite(sql: sql, approval: approval, asker: json["asker"].flatMap { Principal(held: $0) })
    }

    /// Answers a held question. An answered question is gone; a declined one can never be approved.
    ///
    /// - Parameters:
    ///   - id: The id.
    ///   - decision: The answer.
    ///   - approver: Who answers.
    /// - Returns: What to do.
    /// - Throws: ``ApprovalError`` when there is no such question, it is not this approver's to answer, it has expired or
    ///   was answered; ``StateFailure``.
    public func answer(_ id: String, _ decision: Decision, by approver: Approver) async throws -> HeldAnswer {
        let held = try await held(id, for: approver)
        // Begun, it is done whole, also when whoever answers is gone by now.
        return try await Task {
            guard try await questions.remove(id) else { throw ApprovalError.spent }
            switch decision {
            case .approve: return .approved(held)
            case .decline:
                try await spend(held.approval)
                return .declined(held)
            }
        }.value
    }

    private static func context(of id: String) -> [UInt8] { Array("held:\(id)".utf8) }
}

extension Principal {
    /// The principal as it is kept with a question, sealed.
    fileprivate var heldJSON: JSONValue {
        var object: JSONObject = [
            "id": .string(id), "name": .string(name),
            "scopes": .array(scopes.map(\.rawValue).sorted().map { .string($0) }),
        ]
        object["databases"] = databases.map { .array($0.map { .string($0) }) }
        return .object(object)
    }

    /// Reads what ``heldJSON`` wrote.
    fileprivate init?(held json: JSONValue) {
        guard let id = json["id"]?.string, let name = json["name"]?.string, let scopes = json["scopes"]?.array else {
            return nil
        }
        self.init(
            id: id, name: name, scopes: Set(scopes.compactMap { $0.string.flatMap { Scope(rawValue: $0) } }),
            databases: json["databases"]?.array?.compactMap(\.string))
    }
}
