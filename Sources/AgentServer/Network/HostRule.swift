import AgentCore
import HTTPTypes
import Hummingbird
import MCPHTTP

/// Which names a request may ask for, and from which pages it may come: on every path the same.
///
/// A page on the web can have its own name lead to this server (DNS rebinding), and can send requests here; a browser then
/// says so in `Host` and `Origin`, which scripts cannot set. A `Host` that is the very address that was connected to is no
/// such name.
struct HostRule: RouterMiddleware {
    typealias Context = AgentRequestContext

    /// The names that the configuration allows, and those of the certificate at the moment.
    let policy: @Sendable () -> AddressPolicy

    static func isThisMachine(_ host: String) -> Bool { AddressPolicy.Authority(host)?.isLoopback ?? false }

    func handle(
        _ request: Request, context: AgentRequestContext,
        next: (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        if let problem = problem(with: request, context) { throw problem }
        return try await next(request, context)
    }

    private func problem(with request: Request, _ context: AgentRequestContext) -> ProblemDetails? {
        // The first Host, or what ``TargetAuthority`` put in its place, is the authority; a second one is left among the fields.
        guard let host = request.head.authority, !host.isEmpty, !request.headers.contains(.hostField) else {
            return ProblemDetails(
                .badRequest, code: "host-missing", title: "Host is missing",
                detail: "A request has one Host field, and a target that is a path or an address of http or https.")
        }
        let policy = policy()
        guard policy.allows(host: host) || isConnectedAddress(host, context) else {
            return ProblemDetails(
                .forbidden, code: "host-not-allowed", title: "This Host is not allowed",
                detail: "The server does not go by this name. Its operator can add it to http.allowed_hosts.")
        }
        for origin in request.headers[values: .origin] {
            guard policy.allows(origin: origin) || isOwn(origin, host, context.isSecure) else {
                return ProblemDetails(
                    .forbidden, code: "origin-not-allowed", title: "This Origin is not allowed",
                    detail:
                        "Pages of this origin may not call. The server's operator can add it to http.allowed_origins.")
            }
        }
        return nil
    }

    /// Whether the name is the address that the client connected to, as health checks of load balancers have it.
    private func isConnectedAddress(_ host: String, _ context: AgentRequestContext) -> Bool {
        guard let local = IPAddress(context.localAddress), let asked = AddressPolicy.Authority(host)?.host else {
            return false
        }
        let bare = asked.hasPrefix("[") ? String(asked.dropFirst().dropLast()) : asked
        return IPAddress(bare) == local
    }

    /// Whether the page came from this server itself.
    private func isOwn(_ origin: String, _ host: String, _ isSecure: Bool) -> Bool {
        origin.lowercased() == (isSecure ? "https://" : "http://") + host.lowercased()
    }
}
