public import AuthTokens
internal import MCPProtocol

/// Who is behind a call: it goes with every request that enters the guard, and on to whoever observes it.
///
/// What the client said of itself (its name, the request's id) is its own claim and no proof; the principal is not.
public struct CallOrigin: Sendable, Hashable {
    /// The id of the request, as the client wrote it; empty when there is none. Unique only within one connection.
    public var requestID: String
    /// Who asks; nil when nobody is known.
    public var principal: Principal?
    /// The id of the token that the principal came with, never the token; nil without one.
    public var tokenID: String?
    /// The client's own name and version, as `name/version`.
    public var client: String?
    /// The tool, command or resource that was called.
    public var tool: String

    /// Describes who is behind a call.
    ///
    /// - Parameters:
    ///   - requestID: The id of the request.
    ///   - principal: Who asks.
    ///   - tokenID: The id of the principal's token.
    ///   - client: The client's own name and version.
    ///   - tool: What was called.
    public init(
        requestID: String = "", principal: Principal? = nil, tokenID: String? = nil, client: String? = nil,
        tool: String = ""
    ) {
        self.requestID = requestID
        self.principal = principal
        self.tokenID = tokenID
        self.client = client
        self.tool = tool
    }

    /// A caller that did not say who is behind it, for example a program that embeds the library.
    public static let unknown = CallOrigin()

    /// The longest id of a request, and name or version of a client, in characters: they are of the client's making.
    private static let longest = 200

    /// Who is behind an MCP request.
    init(_ context: RequestContext, principal: Principal?, tokenID: String? = nil, tool: String) {
        let id =
            switch context.requestID {
            case .string(let text): text
            case .number(let number): number.literal
            case nil: ""
            }
        self.init(
            requestID: String(id.prefix(Self.longest)), principal: principal, tokenID: tokenID,
            client: context.clientInfo.map {
                "\($0.name.prefix(Self.longest))/\($0.version.prefix(Self.longest))"
            }, tool: tool)
    }
}
