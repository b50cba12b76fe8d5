import AgentCore
import AuthTokens
import HTTPTypes
import Hummingbird
import MCPProtocol
import NIOCore

/// What clients are told of the issuer (RFC 9728), so that they find out by themselves where to get a token.
struct ProtectedResource: Sendable {
    private let rules: TokenRules

    /// - Parameter rules: Name the issuer, the audience and the scopes.
    init(_ rules: TokenRules) { self.rules = rules }

    private static let wellKnown = "/.well-known/oauth-protected-resource"
    /// The paths of the metadata: of the endpoint, and at the root for clients that ask for nothing more exact.
    static let paths = [wellKnown + "/mcp", wellKnown]

    /// The address of what is protected: the audience when that is an address, else what the request was sent to.
    ///
    /// - Parameters:
    ///   - authority: `Host` of the request.
    ///   - isSecure: Whether the caller's own connection is encrypted.
    func resource(_ authority: String?, isSecure: Bool) -> String? {
        if isAddress { return rules.audience }
        guard let authority, IssuerAddress.isHost(authority[...]) else { return nil }
        return "\(isSecure ? "https" : "http")://\(authority)/mcp"
    }

    /// Where the metadata of the resource are (RFC 9728, section 3.1): the well-known part stands before its path.
    func metadataAddress(_ authority: String?, isSecure: Bool) -> String? {
        guard let resource = resource(authority, isSecure: isSecure),
            let start = resource.firstRange(of: "://")?.upperBound
        else { return nil }
        let slash = resource[start...].firstIndex(of: "/") ?? resource.endIndex
        let path = resource[slash...]
        return "\(resource[..<slash])\(Self.wellKnown)\(path == "/" ? "" : path)"
    }

    private var isAddress: Bool {
        ["https://", "http://"].contains { scheme in
            IssuerAddress.authority(of: rules.audience, scheme: scheme).map(IssuerAddress.isHost) == true
        }
            && rules.audience.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
            && !rules.audience.contains("?") && !rules.audience.contains("#")
    }

    /// The issuer's names of scopes, in the order of ours.
    func names(_ scopes: Set<Scope>) -> [String] {
        Scope.allCases.filter(scopes.contains).map { rules.names[$0] ?? $0.rawValue }
    }

    /// The metadata (RFC 9728, section 2).
    func metadata(_ authority: String?, isSecure: Bool) -> JSONValue? {
        guard let resource = resource(authority, isSecure: isSecure) else { return nil }
        let scopes = Scope.allCases.compactMap { rules.names[$0] }
        return [
            "resource": .string(resource), "authorization_servers": [.string(rules.issuer)],
            "scopes_supported": .array(scopes.map { .string($0) }), "bearer_methods_supported": ["header"],
            "resource_name": "postgres-agent",
        ]
    }

    /// Registers the metadata, which anybody may read.
    ///
    /// - Parameter routes: The root of the server.
    func add(to routes: some RouterMethods<AgentRequestContext>) {
        for path in Self.paths {
            routes.get(RouterPath(path)) { request, context -> Response in
                guard let metadata = metadata(request.head.authority, isSecure: context.isSecure) else {
                    throw HTTPError(.notFound)
                }
                return Response(
                    status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
                    body: ResponseBody(byteBuffer: ByteBuffer(bytes: metadata.serialized())))
            }
        }
    }
}
