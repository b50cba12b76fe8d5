import HTTPTypes
import Hummingbird

/// Fields that keep browsers from doing with an answer what was not meant. A handler that says one of them itself, as that
/// of a page has to, has the last word.
struct SecurityHeaders: RouterMiddleware {
    typealias Context = AgentRequestContext

    /// What every answer has (OWASP's HTTP headers cheat sheet): nothing of it is run, framed, sniffed, or read by another
    /// origin.
    static let always: [(HTTPField.Name, String)] = [
        (.xContentTypeOptions, "nosniff"),
        (.name("Content-Security-Policy"), "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
        (.name("X-Frame-Options"), "DENY"),
        (.name("Referrer-Policy"), "no-referrer"),
        (.name("Cross-Origin-Resource-Policy"), "same-origin"),
        (.name("Cross-Origin-Opener-Policy"), "same-origin"),
        (.cacheControl, "no-store"),
    ]

    /// The same, checked once.
    private static let made = always.map { HTTPField(name: $0, value: $1) }

    /// Puts the fields into an answer that was made outside of the middleware.
    static func add(to fields: inout HTTPFields) {
        for field in made where !fields.contains(field.name) { fields.append(field) }
    }

    func handle(
        _ request: Request, context: AgentRequestContext,
        next: (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        Self.add(to: &response.headers)
        // Browsers keep it by host name, whatever the port: said for localhost it would break every other local server.
        if context.isSecure, let host = request.head.authority, !HostRule.isThisMachine(host) {
            let name = HTTPField.Name.strictTransportSecurity
            if response.headers[name] == nil { response.headers[name] = "max-age=31536000" }
        }
        return response
    }
}
