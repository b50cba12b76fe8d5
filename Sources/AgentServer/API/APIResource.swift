import HTTPTypes
import Hummingbird

/// One file of the API: its operations below ``APIPath/root``, each described next to what answers it.
///
/// What is described is what is registered: ``add(to:)`` registers the operations, the OpenAPI document is made of them, and
/// a method that none of them has is answered with 405 (``Hummingbird/RouterGroup/refuseOtherMethods(of:)``).
protocol APIResource: Sendable {
    /// The operations.
    var operations: [APIOperation] { get }
    /// Registers the operations.
    ///
    /// - Parameter routes: The group at ``APIPath/root``, behind authentication.
    func add(to routes: RouterGroup<AgentRequestContext>)
}

extension APIResource {
    /// None: for a resource that is not described yet.
    var operations: [APIOperation] { [] }

    /// Registers each operation with its handler.
    func add(to routes: RouterGroup<AgentRequestContext>) {
        for operation in operations {
            guard let handler = operation.handler else { continue }
            routes.on(RouterPath(operation.path), method: operation.method, use: handler)
        }
    }
}

/// Where the API is.
enum APIPath {
    /// The path of everything but the document that describes it.
    static let root = "/api/v1"
    /// The path of the OpenAPI document.
    static let document = "/openapi.json"
}

extension RouterGroup<AgentRequestContext> {
    /// Answers the methods that no operation of a path has with 405. To be called once, with every resource of the group.
    ///
    /// - Parameter resources: The resources, which were added.
    func refuseOtherMethods(of resources: [any APIResource]) {
        var methods: [String: [HTTPRequest.Method]] = [:]
        for operation in resources.flatMap(\.operations) {
            methods[operation.path, default: []].append(operation.method)
        }
        for (path, methods) in methods { refuseOtherMethods(of: RouterPath(path), but: methods) }
    }
}

extension RouterMethods<AgentRequestContext> {
    /// Answers the methods that a path does not have with 405, and says which it has.
    ///
    /// - Parameters:
    ///   - path: The path.
    ///   - methods: What it has.
    func refuseOtherMethods(of path: RouterPath, but methods: [HTTPRequest.Method]) {
        let names = methods.map(\.rawValue).joined(separator: ", ")
        var all: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options, .trace]
        // The newest method, which clients begin to try (draft-ietf-httpbis-safe-method-w-body).
        if let query = HTTPRequest.Method("QUERY") { all.append(query) }
        for method in all where !methods.contains(method) {
            on(path, method: method) { _, _ -> Response in
                let problem = ProblemDetails(
                    .methodNotAllowed, "This path takes \(names).", fields: [.allow: names])
                // The answer to HEAD has no body (RFC 9110, section 9.3.2).
                return method == .head ? problem.response.createHeadResponse() : problem.response
            }
        }
    }
}
