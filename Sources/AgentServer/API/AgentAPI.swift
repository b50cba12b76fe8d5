import AgentCore
import AuthTokens
import HTTPTypes
import Hummingbird

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

    /// The API of an agent.
    ///
    /// - Parameters:
    ///   - agent: The agent.
    ///   - accounts: Who may call; nil where nobody is asked.
    ///   - further: The resources that are not about its databases.
    init(agent: Agent, accounts: Accounts? = nil, further: [any APIResource] = []) {
        let door = DatabaseDoor(agent: agent, accounts: accounts)
        resources =
            [
                DatabasesResource(door: door), SchemaResource(door: door), ClassifyResource(door: door),
                QueryResource(door: door), ApprovalsResource(door: door),
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
