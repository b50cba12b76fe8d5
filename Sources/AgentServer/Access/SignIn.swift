import AgentCore
import AuthTokens
import HTTPTypes
import Hummingbird
import Logging
import MCPProtocol

/// `POST /login`, `POST /logout`, `GET /me` and `GET /session`.
///
/// An attempt that fails is answered with the same words for every cause, after the same work. A session is a cookie that no
/// script can read; the page proves by `X-CSRF-Token` that a request is its own.
struct SignIn: Sendable {
    let authentication: CallerAuthentication

    /// Registers what is there before anybody showed who they are.
    ///
    /// - Parameter routes: Below `/api/v1`.
    func add(beforeAuthentication routes: RouterGroup<AgentRequestContext>) {
        routes.post("login", use: login)
        routes.get("session", use: session)
    }

    /// Registers the others.
    ///
    /// - Parameter routes: Below `/api/v1`, behind authentication.
    func add(to routes: RouterGroup<AgentRequestContext>) {
        routes.post("logout", use: logout)
        routes.get("me", use: me)
    }

    @Sendable
    func login(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        guard let accounts = authentication.accounts else {
            throw ProblemDetails(
                .notFound, code: "authentication-off", title: "Nobody signs in here",
                detail: "Authentication is off (http.auth.enabled).")
        }
        let body = try await AccountBody.read(request, ["name", "password"])
        let (name, password) = (try body.required("name"), try body.required("password"))
        let outcome = await accounts.signIn(
            name: name, password: password, address: context.clientAddress,
            client: request.headers[.userAgent] ?? "")
        switch outcome {
        case .signedIn(let user, let grant): return await answer(user, grant, accounts, request, context)
        case .refused(let refusal): throw problem(refusal, request, context)
        }
    }

    private func answer(
        _ user: UserRecord, _ grant: SessionGrant, _ accounts: Accounts, _ request: Request,
        _ context: AgentRequestContext
    ) async -> Response {
        // The browser forgets the session of before; so does the server.
        if case .secret(let old) = SessionCookie.shown(request.headers, isSecure: context.isSecure) {
            _ = await accounts.administer { (accounts) throws(AccountError) -> Bool in
                try accounts.sessions.end(secret: old)
            }
        }
        authentication.logger.info(
            "signed in",
            metadata: [
                "user": "\(user.name)", "session": "\(grant.record.id)",
                "address": "\(PlainText.escaped(context.clientAddress))",
                "request_id": "\(PlainText.escaped(context.requestID))",
            ])
        let cookie = SessionCookie.set(
            grant.secret, lifetime: authentication.configuration.auth.sessionLifetime, isSecure: context.isSecure)
        return AccountJSON.response(
            AccountJSON.caller(user.principal, credential: "session", csrfToken: grant.csrfToken),
            fields: [.setCookie: cookie])
    }

    /// What the caller is told; the cause goes to the log and to the metrics.
    private func problem(
        _ refusal: Accounts.LoginRefusal, _ request: Request, _ context: AgentRequestContext
    ) -> ProblemDetails {
        switch refusal {
        case .busy:
            authentication.signInFailed("busy", request.head, context)
            return ProblemDetails(
                .serviceUnavailable, code: "busy", title: "Too many sign in at once", detail: "Try again in a moment.",
                fields: [.retryAfter: "1"])
        case .limited(let until):
            // A matter of the address alone: it says nothing of a name.
            authentication.signInFailed("limited", request.head, context)
            return AccessRefusal.limited(retryAfter: until.seconds - Timestamp.now.seconds).problem
        case .wrong: authentication.signInFailed("password", request.head, context)
        case .locked: authentication.signInFailed("locked", request.head, context)
        case .lockdown: authentication.signInFailed("lockdown", request.head, context)
        case .unavailable(let error):
            authentication.signInFailed("unavailable", request.head, context)
            authentication.logger.error(
                "nobody can sign in, since failures cannot be counted",
                metadata: ["error": "\(PlainText.escaped(error.description))"])
        }
        return ProblemDetails(
            .unauthorized, code: "sign-in-failed", title: "Not signed in",
            detail: "The name or the password is wrong, or this account cannot sign in for the moment.",
            fields: [
                .wwwAuthenticate: authentication.challenges.missing(CallerAuthentication.Place(request.head, context)),
                .cacheControl: "no-store",
            ])
    }

    @Sendable
    func logout(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        guard let accounts = authentication.accounts, case .session(let id)? = context.caller?.credential,
            case .secret(let secret) = SessionCookie.shown(request.headers, isSecure: context.isSecure)
        else {
            throw ProblemDetails(
                .conflict, code: "no-session", title: "There is no session to end",
                detail: "The request was not made with a session; a token is ended by revoking it.")
        }
        let outcome = await accounts.administer { (accounts) throws(AccountError) -> Bool in
            try accounts.sessions.end(secret: secret)
        }
        guard case .success? = outcome else {
            throw ProblemDetails(
                .serviceUnavailable, code: "accounts-unavailable", title: "Accounts cannot be changed now",
                detail: "The session could not be ended. Try again.", fields: [.retryAfter: "1"])
        }
        authentication.logger.info(
            "signed out", metadata: ["session": "\(id)", "request_id": "\(PlainText.escaped(context.requestID))"])
        return Response(
            status: .noContent,
            headers: [.setCookie: SessionCookie.clear(isSecure: context.isSecure), .cacheControl: "no-store"])
    }

    @Sendable
    func me(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        guard let caller = context.caller else { throw AccessRefusal.unauthenticated("Bearer").problem }
        return AccountJSON.response(told(caller, request, context))
    }

    /// What a page asks when it is opened: that nobody is signed in then is no mistake, which a browser's console would show a
    /// 401 as. Whoever shows a token is answered as everywhere.
    @Sendable
    func session(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        let decision = await authentication.decide(
            request.head, address: context.clientAddress, isSecure: context.isSecure, requestID: context.requestID)
        switch decision {
        case .caller(let caller): return AccountJSON.response(["caller": told(caller, request, context)])
        case .refused(let refusal):
            guard refusal.status == .unauthorized, request.headers[.authorization] == nil else { throw refusal.problem }
            var fields = HTTPFields()
            // Of a session that is over.
            fields[.setCookie] = refusal.fields["Set-Cookie"]
            return AccountJSON.response(["caller": .null], fields: fields)
        }
    }

    private func told(_ caller: AuthenticatedCaller, _ request: Request, _ context: AgentRequestContext) -> JSONValue {
        var csrfToken: String?
        let credential: String
        switch caller.credential {
        case .none: credential = "none"
        case .token: credential = "token"
        case .oauth: credential = "oauth"
        case .session:
            credential = "session"
            // Another site cannot read this answer.
            if case .secret(let secret) = SessionCookie.shown(request.headers, isSecure: context.isSecure) {
                csrfToken = SessionGrant.csrfToken(for: secret)
            }
        }
        return AccountJSON.caller(caller.principal, credential: credential, csrfToken: csrfToken)
    }
}
