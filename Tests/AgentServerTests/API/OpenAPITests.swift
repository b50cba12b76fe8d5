import AgentCore
import AuthTokens
import HTTPTypes
import Hummingbird
import Logging
import MCPProtocol
import Synchronization
import Testing

@testable import AgentServer

@Suite("The document of the API", .timeLimit(.minutes(2)))
struct OpenAPITests {
    /// Remembers what is registered.
    private final class Routes: RouterMethods {
        typealias Context = AgentRequestContext
        let seen = Mutex<[String]>([])

        @discardableResult
        func on<Responder: HTTPResponder>(
            _ path: RouterPath, method: HTTPRequest.Method, responder: Responder
        ) -> Self where Responder.Context == AgentRequestContext {
            seen.withLock { $0.append("\(method.rawValue) \(path)") }
            return self
        }

        func add(middleware: any MiddlewareProtocol<Request, Response, AgentRequestContext>) -> Self { self }
    }

    private func server(hasAccounts: Bool) throws -> AgentServer {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let files = AccountFiles(tokens: "/nonexistent/tokens.yaml", users: "/nonexistent/users.yaml")
        return try AgentServer(
            agent: Agent(configuration: AgentConfiguration(), logger: logger),
            accounts: hasAccounts ? Accounts(files: files) : nil, logger: logger)
    }

    @Test("It describes exactly the routes that are registered, with accounts and without", arguments: [false, true])
    func routes(hasAccounts: Bool) throws {
        let server = try server(hasAccounts: hasAccounts)
        let routes = Routes()
        let group = routes.group(RouterPath(APIPath.root))
        for resource in server.api.resources { resource.add(to: group) }
        server.access.add(beforeAuthentication: group, root: Routes())
        server.access.add(to: group)
        var described: [String] = []
        for (path, item) in server.api.document.json["paths"]?.object ?? [:] {
            for method in item.object?.keys ?? [] { described.append("\(method.uppercased()) \(path)") }
        }
        #expect(described.count > 5)
        #expect(described.sorted() == routes.seen.withLock { $0 }.sorted())
    }

    @Test("Every reference leads somewhere, and no operation has the name of another")
    func references() throws {
        let document = try server(hasAccounts: true).api.document.json
        var references: [String] = []
        func walk(_ value: JSONValue) {
            switch value {
            case .object(let object):
                if let reference = object["$ref"]?.string { references.append(reference) }
                for (_, member) in object { walk(member) }
            case .array(let elements): elements.forEach(walk)
            default: break
            }
        }
        walk(document)
        #expect(!references.isEmpty)
        for reference in references {
            let parts = reference.split(separator: "/").map(String.init)
            let target = parts.dropFirst().reduce(document) { $0[$1] ?? .null }
            #expect(parts.first == "#" && target != .null, "\(reference)")
        }
        let items = document["paths"]?.object?.flatMap { $0.value.object?.map(\.value) ?? [] } ?? []
        let names = items.compactMap { $0["operationId"]?.string }
        #expect(names.count == items.count && Set(names).count == names.count)
        for parameter in items.flatMap({ $0["parameters"]?.array ?? [] }) where parameter["in"] == "path" {
            #expect(parameter["required"] == true)
        }
    }

    @Test("It is served to anybody, once: whoever has it is told so")
    func caching() async throws {
        try await APIFixture.with { api in
            let first = try await api.send("GET", "/openapi.json", as: nil)
            #expect(first.status == 200 && first["openapi"] == "3.1.0")
            let tag = try #require(first.field("ETag").first)
            for known in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
                let again = try await api.send("GET", "/openapi.json", as: nil, fields: [("If-None-Match", known)])
                #expect(again.status == 304 && again.bytes.isEmpty && again.field("ETag") == [tag])
            }
            let other = try await api.send("GET", "/openapi.json", as: nil, fields: [("If-None-Match", "\"x\"")])
            #expect(other.status == 200)
        }
    }
}
