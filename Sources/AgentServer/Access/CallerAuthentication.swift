public import AgentCore
public import AuthTokens
public import HTTPTypes
public import Logging
public import MCPHTTP

/// Decides who sends a request, in one place for MCP and the API.
///
/// ```swift
/// let authentication = CallerAuthentication(configuration: configuration.http, accounts: accounts, logger: logger)
/// endpoint.mount(on: router) { head, context in await authentication.endpointDecision(head, context) }
/// router.group("/api/v1").add(middleware: AuthenticationMiddleware(authentication))
/// ```
/// Callers are told the same words whatever the cause; the cause goes to the log and to the metrics.
public struct CallerAuthentication: Sendable {
    /// The accounts; nil when authentication is off.
    public let accounts: Accounts?
    let configuration: HTTPConfiguration
    let logger: Logger
    let challenges: Challenges
    private let oauth: OAuthVerifier?
    private let failures: FailedAttempts
    private let onFailure: @Sendable (_ cause: String) -> Void

    /// Makes the decision's place.
    ///
    /// - Parameters:
    ///   - configuration: The HTTP server's part of the configuration.
    ///   - accounts: Tokens, users and sessions; nil: authentication is off, and everybody may read.
    ///   - logger: Is told of each failure with its cause and the address.
    ///   - onFailure: Is told the cause of each failure, of few words that are known beforehand: for metrics.
    public init(
        configuration: HTTPConfiguration, accounts: Accounts?, logger: Logger,
        onFailure: @escaping @Sendable (_ cause: String) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.accounts = accounts
        self.logger = logger
        self.onFailure = onFailure
        // Fetches nothing before the first token of the issuer comes.
        oauth = OAuthVerifier(
            configuration.auth.oauth, keys: IssuerKeys(configuration.auth.oauth, logger: logger))
        challenges = Challenges(resource: oauth.map { ProtectedResource($0.rules) })
        failures = FailedAttempts(
            attempts: configuration.auth.rateLimitAttempts, window: configuration.auth.rateLimitWindow)
    }

    /// Decides about a request by its head.
    ///
    /// - Parameters:
    ///   - head: The head.
    ///   - address: The caller's address, which is not the proxy's.
    ///   - isSecure: Whether the caller's own connection is encrypted.
    ///   - requestID: Names the request in the log.
    public func decide(
        _ head: HTTPRequest, address: String, isSecure: Bool, requestID: String = ""
    ) async -> CallerDecisionOf<AuthenticatedCaller> {
        guard let accounts else {
            return .caller(AuthenticatedCaller(principal: .anonymous, credential: .none))
        }
        let place = Place(head: head, address: address, isSecure: isSecure, requestID: requestID)
        switch ShownCredential(head.headerFields, isSecure: isSecure) {
        case .nothing:
            onFailure("missing")
            return .refused(.unauthenticated(challenges.missing(place)))
        case .unusable: return .refused(failed("malformed", "unusable", place))
        case .bearer(let text):
            switch accounts.tokens.verify(text) {
            case .accepted(let principal, let id):
                return .caller(AuthenticatedCaller(principal: principal, credential: .token(id: id)))
            case .refused(let refusal):
                guard let oauth, refusal != .lockdown, SignedToken.isLikely(text) else {
                    return .refused(failed(refusal.rawValue, "token", place))
                }
                return await decide(text, oauth, accounts, place)
            }
        case .session(let secret):
            switch accounts.verify(session: secret) {
            case .accepted(let principal, let session):
                guard isOfItsOwnPage(head, secret) else {
                    report("csrf", "session", place)
                    return .refused(.crossSite)
                }
                return .caller(AuthenticatedCaller(principal: principal, credential: .session(id: session.id)))
            case .refused(let refusal):
                // What ended a session that was good is, in the metrics, the same as a token that was taken back.
                let cause = refusal == .userChanged ? "revoked" : refusal.rawValue
                return .refused(failed(cause, "session", place))
            }
        }
    }

    /// Whether somebody who was let in a moment ago would be let in again with what the head shows, and may do as much.
    /// Nobody is told, and nothing is counted.
    ///
    /// - Parameters:
    ///   - scopes: What is needed.
    ///   - caller: The caller, as it was let in.
    ///   - head: The head of the request.
    ///   - isSecure: Whether the caller's own connection is encrypted.
    ///   - age: How long ago it was let in.
    func mayStill(
        _ scopes: Set<Scope>, _ caller: AuthenticatedCaller, _ head: HTTPRequest, isSecure: Bool, age: Duration
    ) -> Bool {
        guard let accounts else { return true }
        switch (ShownCredential(head.headerFields, isSecure: isSecure), caller.credential) {
        case (.bearer(let text), .token):
            guard case .accepted(let principal, _) = accounts.tokens.verify(text) else { return false }
            return scopes.isSubset(of: principal.scopes)
        case (.session(let secret), .session):
            guard case .accepted(let principal, _) = accounts.verify(session: secret) else { return false }
            return scopes.isSubset(of: principal.scopes)
        // Of an issuer's token only the issuer knows more.
        default: return accounts.standing().holds(caller, age: age)
        }
    }

    /// Decides about a token of the issuer.
    private func decide(
        _ text: String, _ oauth: OAuthVerifier, _ accounts: Accounts, _ place: Place
    ) async -> CallerDecisionOf<AuthenticatedCaller> {
        if accounts.lockdown.isOn { return .refused(failed("lockdown", "oauth", place)) }
        do throws(OAuthRefusal) {
            return .caller(try await oauth.verify(text))
        } catch {
            guard error == .keysUnavailable else {
                return .refused(failed("oauth", "oauth", place, detail: error.rawValue))
            }
            // Nobody's fault but the issuer's: not counted against the caller, who may come again.
            report("oauth", "oauth", place, detail: error.rawValue)
            return .refused(.issuerUnavailable)
        }
    }

    /// Where a request comes from, for its answer and for the log.
    struct Place {
        let head: HTTPRequest
        let address: String
        let isSecure: Bool
        let requestID: String
    }

    /// Methods that change nothing need no proof: what they answer, another site cannot read. One that is sent has to be
    /// right all the same: a page whose session was replaced by somebody else's is not told what that person may see.
    private func isOfItsOwnPage(_ head: HTTPRequest, _ secret: String) -> Bool {
        let tokens = head.headerFields[values: .csrfToken]
        if tokens.isEmpty, head.method == .get || head.method == .head || head.method == .options { return true }
        return tokens.count == 1 && SessionGrant.isCSRFToken(tokens[0], of: secret)
    }

    private func failed(
        _ cause: String, _ credential: String, _ place: Place, detail: String? = nil
    ) -> AccessRefusal {
        report(cause, credential, place, detail: detail)
        if let seconds = failures.failed(place.address) { return .limited(retryAfter: seconds) }
        // A browser would go on to send a cookie that is over.
        guard place.head.headerFields[.authorization] == nil else { return .unauthenticated(challenges.invalid(place)) }
        return .unauthenticated(
            challenges.missing(place), fields: ["Set-Cookie": SessionCookie.clear(isSecure: place.isSecure)])
    }

    /// Tells the metrics and the log, never the caller. The line is what intrusion detection looks for: keep its words.
    private func report(_ cause: String, _ credential: String, _ place: Place, detail: String? = nil) {
        onFailure(cause)
        var metadata: Logger.Metadata = [
            "cause": "\(cause)", "credential": "\(credential)", "address": "\(PlainText.escaped(place.address))",
            "request_id": "\(PlainText.escaped(place.requestID))",
        ]
        if let detail { metadata["detail"] = "\(detail)" }
        logger.notice("authentication failed", metadata: metadata)
    }

    /// Tells the metrics and the log of an attempt to sign in that failed.
    func signInFailed(_ cause: String, _ request: HTTPRequest, _ context: AgentRequestContext) {
        report(cause, "password", Place(request, context))
    }
}

extension CallerAuthentication.Place {
    init(_ head: HTTPRequest, _ context: AgentRequestContext) {
        self.init(
            head: head, address: context.clientAddress, isSecure: context.isSecure, requestID: context.requestID)
    }
}

extension CallerAuthentication {
    /// The decision as the MCP endpoint wants it: whoever may not read gets 403, since everything in MCP reads.
    ///
    /// - Parameters:
    ///   - head: The head of the request.
    ///   - context: Its context.
    public func endpointDecision(_ head: HTTPRequest, _ context: AgentRequestContext) async -> CallerDecision {
        let decision = await decide(
            head, address: context.clientAddress, isSecure: context.isSecure, requestID: context.requestID)
        switch decision {
        case .refused(let refusal): return .refused(refusal.endpointRefusal)
        case .caller(let caller):
            context.notes.caller = caller
            if let refusal = refusal(of: caller, needing: [.read], head, context) {
                return .refused(refusal.endpointRefusal)
            }
            // Where nobody shows who they are, the address is all there is to tell them apart.
            let identity =
                if case .none = caller.credential {
                    "address:\(context.clientAddress)"
                } else {
                    caller.principal.id
                }
            return .caller(HTTPCaller(identity: identity, value: caller))
        }
    }

    /// Why a caller may not do what needs some scopes; nil when it may.
    ///
    /// - Parameters:
    ///   - caller: Who asks.
    ///   - scopes: All scopes that are needed.
    ///   - head: The head of the request.
    ///   - context: Its context.
    public func refusal(
        of caller: AuthenticatedCaller, needing scopes: Set<Scope>, _ head: HTTPRequest, _ context: AgentRequestContext
    ) -> AccessRefusal? {
        guard !scopes.isSubset(of: caller.principal.scopes) else { return nil }
        let names = Scope.allCases.filter(scopes.contains).map(\.rawValue)
        let challenge = challenges.insufficientScope(scopes, caller, (head.authority, context.isSecure))
        return .insufficientScope(names, challenge: challenge)
    }

    /// What clients are told of the issuer, at well-known paths; nil without one.
    var protectedResource: ProtectedResource? { challenges.resource }
}

extension HTTPField.Name {
    /// What a page sends along with each request of a session that changes something.
    // The name is a token of HTTP, so that the way without it is never taken.
    static let csrfToken = HTTPField.Name("X-CSRF-Token") ?? .authorization
}
