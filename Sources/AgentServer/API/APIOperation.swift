import AuthTokens
import HTTPTypes
import Hummingbird
import MCPProtocol

/// One operation of the API: what clients are told of it in the OpenAPI document, and what answers it.
struct APIOperation: Sendable {
    /// Answers a request. An error becomes problem JSON.
    typealias Handler = @Sendable (Request, AgentRequestContext) async throws -> Response

    /// What a request has to be allowed.
    enum Access: Sendable, Hashable {
        /// Nothing: anybody may ask.
        case anybody
        /// To be somebody, who holds all of these scopes.
        case caller([Scope])
    }

    /// The method.
    var method: HTTPRequest.Method
    /// The path below ``APIPath/root``, with parameters as `{name}`, which OpenAPI and the router spell alike.
    var path: String
    /// The name of the operation, unique in the API: programs that are made of the document name their functions by it.
    var id: String
    /// The group that it is shown in.
    var tag: String
    /// What it does, in a few words.
    var summary: String
    /// What else there is to say, as Markdown.
    var description = ""
    /// What a request has to be allowed.
    var access: Access
    /// The parameters in the path.
    var pathParameters: [APIField] = []
    /// The parameters of the query.
    var query: [APIField] = []
    /// The members of the body; nil when there is none.
    var body: [APIField]?
    /// The schema of a body whose members the handler reads on its own.
    var ownBody: JSONValue?
    /// Whether that body may be left out.
    var isOwnBodyOptional = false
    /// The answers that are no problems.
    var answers: [APIAnswer]
    /// What can go wrong, besides what can with every request (``ProblemKind/everywhere``).
    var problems: [ProblemKind] = []
    /// What answers it; nil where it is registered elsewhere and only described here.
    var handler: Handler?
}

/// An answer of an operation.
struct APIAnswer: Sendable {
    /// The status.
    var status: HTTPResponse.Status = .ok
    /// What it means.
    var description: String
    /// The schema of its JSON; nil when it has no body of JSON.
    var schema: JSONValue?
    /// Other media types that it may have, each with its schema.
    var other: [(type: String, schema: JSONValue)] = []
}
