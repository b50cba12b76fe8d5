import AgentCore
import AuthTokens
import HTTPTypes
import Hummingbird
import MCPHTTP

/// The API: its resources, and the document that describes them.
///
/// ```swift
/// let api = AgentAPI(agent: agent, further: [LoginResource(…)])
/// api.addDocument(to: router)                                // asks nobody who they are
/// api.add(to: router.group(RouterPath(APIPath.root)).add(middleware: authentication))
/// ```
struct AgentAPI: Sendable {
    /// The resources, in the order in which they are described.
    let resources: [any APIResource]
    /// The OpenAPI document.
    let document: OpenAPIDocument
    /// The turns of the chat.
    let turns: ChatTurns

    /// The API of an agent.
    ///
    /// - Parameters:
    ///   - agent: The agent.
    ///   - accounts: Who may call; nil where nobody is asked.
    ///   - chat: The agent's chat; nil where no language model is configured.
    ///   - turns: The turns of the chat.
    ///   - metrics: Where the chat is counted.
    ///   - writeTimeout: After what time a client is dropped that takes nothing of a stream.
    ///   - further: The resources that are not about its databases.
    init(
        agent: Agent, accounts: Accounts? = nil, chat: Chat? = nil, turns: ChatTurns = ChatTurns(),
        metrics: ServerMetrics? = nil,
        writeTimeout: Duration? = nil, further: [any APIResource] = []
    ) {
        let door = DatabaseDoor(agent: agent, accounts: accounts)
        self.turns = turns
        var talk = ChatResource(door: door, chat: chat, turns: turns)
        if let metrics {
            talk.metrics = ChatMetrics(in: metrics.registry, model: chat?.model) { [weak turns] in
                turns?.runningCount ?? 0
            }
        }
        if let writeTimeout { talk.configuration.writeTimeout = writeTimeout }
        resources =
            [
                DatabasesResource(door: door), SchemaResource(door: door), ClassifyResource(door: door),
                QueryResource(door: door), ApprovalsResource(door: door, turns: turns), talk,
                ModelsResource(chat: chat),
                ConversationsResource(door: door, turns: turns),
            ] + further
        document = OpenAPIDocument(resources)
    }

    /// Registers the resources.
    ///
    /// - Parameter routes: The group at ``APIPath/root``, behind authentication.
    func add(to routes: RouterGroup<AgentRequestContext>) {
        for resource in resources { resource.add(to: routes) }
        routes.refuseOtherMethods(of: resources)
    }

    /// Registers the OpenAPI document, which anybody may read.
    ///
    /// - Parameter router: The router.
    func addDocument(to router: some RouterMethods<AgentRequestContext>) {
        router.on(RouterPath(APIPath.document), method: .get) { [document] request, _ in
            document.response(to: request)
        }
        router.refuseOtherMethods(of: RouterPath(APIPath.document), but: [.get])
    }
}
