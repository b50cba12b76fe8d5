import AgentCore
import AuthTokens
import HTTPTypes
import Hummingbird
import Logging
import MCPProtocol

/// What the resources of administration share: who may, how a change is made, and that it is recorded.
struct AdminDesk: Sendable {
    let authentication: CallerAuthentication
    let accounts: Accounts
    /// The audit log; nil when none is kept.
    let audit: AuditLog?

    private var logger: Logger { authentication.logger }

    /// Who asks, when it may administer.
    ///
    /// Each handler asks for itself: where it is mounted cannot make it forget.
    ///
    /// - Throws: ``ProblemDetails`` of 401 or 403.
    func administrator(_ request: Request, _ context: AgentRequestContext) throws(ProblemDetails) -> AuthenticatedCaller
    {
        guard let caller = context.caller else { throw AccessRefusal.unauthenticated("Bearer").problem }
        if let refusal = authentication.refusal(of: caller, needing: [.admin], request.head, context) {
            throw refusal.problem
        }
        return caller
    }

    /// Makes a change, and records it whether it succeeded or not.
    ///
    /// - Parameters:
    ///   - action: What is done, for example `token.create`.
    ///   - subject: To what; nil when the change itself tells.
    ///   - takesAway: Whether it only takes rights away. Such a change is made even when it cannot be recorded.
    ///   - change: The change.
    ///   - naming: Names what was changed.
    /// - Throws: ``ProblemDetails``.
    func change<Value: Sendable>(
        _ action: String, of subject: String? = nil, takesAway: Bool = false, _ request: Request,
        _ context: AgentRequestContext, _ change: @escaping @Sendable (Accounts) throws(AccountError) -> Value,
        naming: (Value) -> String = { _ in "" }
    ) async throws -> Value {
        let caller = try administrator(request, context)
        if let audit, audit.failure != nil, !takesAway {
            throw ProblemDetails(
                .serviceUnavailable, code: "not-recorded", title: "The change could not be recorded",
                detail: "The audit log cannot be written, and without it no right is given. Nothing was changed.")
        }
        let head = request.head
        let asked = ContinuousClock.now
        let outcome = await accounts.administer {
            [authentication, isSecure = context.isSecure] accounts throws(AccountError) -> Value? in
            // What it waited for may have taken the right to it from who asks.
            let age = asked.duration(to: .now)
            let mayStill = authentication.mayStill([.admin], caller, head, isSecure: isSecure, age: age)
            return mayStill ? try change(accounts) : nil
        }
        guard let outcome else {
            throw ProblemDetails(
                .serviceUnavailable, code: "busy", title: "Too many changes at once", detail: "Try again in a moment.",
                fields: [.retryAfter: "1"])
        }
        switch outcome {
        case .success(nil):
            await record(action, subject ?? "", "whoever asked may do it no more", caller, request, context)
            throw AccessRefusal.unauthenticated("Bearer").problem
        case .success(let value?):
            await record(action, subject ?? naming(value), nil, caller, request, context)
            return value
        case .failure(let error):
            await record(action, subject ?? "", error.description, caller, request, context)
            throw problem(error)
        }
    }

    private func record(
        _ action: String, _ subject: String, _ error: String?, _ caller: AuthenticatedCaller, _ request: Request,
        _ context: AgentRequestContext
    ) async {
        let origin = CallOrigin(
            requestID: context.requestID, principal: caller.principal, tokenID: caller.tokenID,
            client: request.headers[.userAgent].map { String($0.prefix(200)) }, tool: action)
        // The description of an error may name files of the server, which is what the log is for.
        let failure = error.map { PlainText.escaped($0) }
        let isRecorded = await audit?.record(
            AccountChange(origin: origin, action: action, subject: subject, failure: failure))
        var metadata: Logger.Metadata = [
            "action": "\(action)", "subject": "\(PlainText.escaped(subject))",
            "principal": "\(PlainText.escaped(caller.principal.id))",
            "address": "\(PlainText.escaped(context.clientAddress))",
            "request_id": "\(PlainText.escaped(context.requestID))",
        ]
        if let failure { metadata["error"] = "\(failure)" }
        if isRecorded == false { metadata["audit"] = "not recorded" }
        logger.notice("accounts changed\(failure == nil ? "" : ": failed")", metadata: metadata)
    }

    private func problem(_ error: AccountError) -> ProblemDetails {
        switch error.code {
        case .unknown:
            ProblemDetails(
                .notFound, code: "account-not-found", title: "There is no such account", detail: error.description)
        case .exists:
            ProblemDetails(.conflict, code: "account-exists", title: "There is one already", detail: error.description)
        case .invalid:
            ProblemDetails(
                .unprocessableContent, code: "account-invalid", title: "That is not allowed", detail: error.description)
        case .file, .exposed, .malformed:
            ProblemDetails(
                .serviceUnavailable, code: "accounts-unavailable", title: "Accounts cannot be changed now",
                detail: "The file of accounts cannot be changed; the server's log says more.")
        }
    }

    /// An administrator's own account, of which nobody else would put right what was broken by a slip.
    static func ownAccount(_ name: String, _ caller: AuthenticatedCaller) throws(ProblemDetails) {
        guard caller.principal.id == "user:\(name)" else { return }
        throw ProblemDetails(
            .conflict, code: "own-account", title: "This is your own account",
            detail: "Another administrator has to do this, or agentctl on the server.")
    }
}
