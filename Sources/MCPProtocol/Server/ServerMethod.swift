/// The methods that a server answers.
enum ServerMethod: String, Sendable {
    case initialize
    case ping
    case discover = "server/discover"
    case listTools = "tools/list"
    case callTool = "tools/call"
    case listResources = "resources/list"
    case listTemplates = "resources/templates/list"
    case readResource = "resources/read"
    case subscribe = "resources/subscribe"
    case unsubscribe = "resources/unsubscribe"
    case listPrompts = "prompts/list"
    case getPrompt = "prompts/get"
    case complete = "completion/complete"
    case setLogLevel = "logging/setLevel"
    case listen = "subscriptions/listen"

    /// The method, if the revision has it and the server advertises what it belongs to (item 10).
    init(_ name: String, version: ProtocolVersion, capabilities: ServerCapabilities) throws(RPCError) {
        guard let method = ServerMethod(rawValue: name), method.exists(in: version.era),
            method.isAdvertised(by: capabilities)
        else { throw .methodNotFound(name) }
        self = method
    }

    private func exists(in era: Era) -> Bool {
        switch self {
        case .initialize, .ping, .setLogLevel, .subscribe, .unsubscribe: era == .initialize
        case .discover, .listen: era == .stateless
        default: true
        }
    }

    private func isAdvertised(by capabilities: ServerCapabilities) -> Bool {
        switch self {
        case .initialize, .ping, .discover, .listen: true
        case .listTools, .callTool: capabilities.tools != nil
        case .listResources, .listTemplates, .readResource: capabilities.resources != nil
        case .subscribe, .unsubscribe: capabilities.resources?.subscribe == true
        case .listPrompts, .getPrompt: capabilities.prompts != nil
        case .complete: capabilities.completions
        case .setLogLevel: capabilities.logging
        }
    }

    /// Whether the answer may be a question (item 29).
    var mayAsk: Bool {
        switch self {
        case .callTool, .getPrompt, .readResource: true
        default: false
        }
    }
}
