import AgentCore
import AgentModels
import AsyncHTTPClient
import AuthTokens
import Dispatch
import HTTPTypes
import Hummingbird
import Logging
import MCPProtocol
import TestSupport
import Testing

@testable import AgentServer

/// The API on a free port, in front of an agent with three databases: `shop` is read-only, `stock` allows writes, and `down`
/// is a port where nothing listens.
///
/// Whatever is answered is held against the OpenAPI document: an answer that it does not describe is an issue.
struct APIFixture: Sendable {
    let postgres: PostgresFixture
    /// The database on the server behind `shop` and `stock`.
    let database: String
    let agent: Agent
    let api: AgentAPI
    let port: Int
    let client: HTTPClient

    /// Who asks, by the word that a test sends as its token.
    static let callers: [String: AuthenticatedCaller] = [
        "reader": token("reader", [.read]), "writer": token("writer", [.read, .write]),
        "approver": token("approver", [.read, .approve]), "both": token("both", [.read, .write, .approve]),
        "elsewhere": token("elsewhere", [.read, .write, .approve], databases: ["other"]),
        "powerless": token("powerless", []), "anna": session("anna", [.read, .write]),
        "eve": session("eve", [.read, .write]), "guest": session("guest", [.read]),
    ]

    private static func token(_ id: String, _ scopes: Set<Scope>, databases: [String]? = nil) -> AuthenticatedCaller {
        AuthenticatedCaller(
            principal: Principal(id: "token:\(id)", name: id, scopes: scopes, databases: databases),
            credential: .token(id: id))
    }

    private static func session(_ name: String, _ scopes: Set<Scope>) -> AuthenticatedCaller {
        AuthenticatedCaller(
            principal: Principal(id: "user:\(name)", name: name, scopes: scopes), credential: .session(id: "s-\(name)"))
    }

    /// Says who asks; without a token nobody is let through.
    private struct TestCallers: RouterMiddleware {
        typealias Context = AgentRequestContext

        func handle(
            _ request: Request, context: AgentRequestContext,
            next: (Request, AgentRequestContext) async throws -> Response
        ) async throws -> Response {
            var context = context
            let word = (request.headers[.authorization] ?? "").split(separator: " ").last.map(String.init)
            context.caller = word.flatMap { APIFixture.callers[$0] }
            context.requestID = "test"
            return try await next(request, context)
        }
    }

    static func with<Value: Sendable>(
        _ adjust: (inout AgentConfiguration) -> Void = { _ in }, model: (any ModelProvider)? = nil,
        turns limits: ChatTurnLimits = ChatTurnLimits(), _ body: @escaping @Sendable (APIFixture) async throws -> Value
    ) async throws -> Value {
        let (postgres, database) = try await shared.value
        var configuration = AgentConfiguration()
        configuration.http.maxBodyBytes = 100_000
        configuration.databases = [
            entry("shop", postgres, database), entry("stock", postgres, database), entry("down", nil, "none"),
        ]
        configuration.databases[1].allowWrites = true
        for index in configuration.databases.indices {
            // A machine that runs every suite at once may take long to connect.
            configuration.databases[index].pool.acquireTimeout = .seconds(60)
        }
        adjust(&configuration)
        let agent = try Agent(
            configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let chat = model.map { Chat(agent: agent, provider: $0, model: "scripted", store: agent.conversations) }
        let turns = ChatTurns(limits: limits)
        let client = HTTPClient(eventLoopGroupProvider: .singleton)
        let result: Result<Value, any Error>
        do {
            result = .success(
                try await serving(AgentAPI(agent: agent, chat: chat, turns: turns)) { api, port in
                    try await body(
                        APIFixture(
                            postgres: postgres, database: database, agent: agent, api: api, port: port, client: client))
                })
        } catch {
            result = .failure(error)
        }
        turns.end()
        try await client.shutdown()
        await agent.shutdown()
        return try result.get()
    }

    private static func serving<Value: Sendable>(
        _ api: AgentAPI, _ body: @escaping @Sendable (AgentAPI, Int) async throws -> Value
    ) async throws -> Value {
        let router = Router(context: AgentRequestContext.self)
        router.add(middleware: ProblemAnswers())
        api.addDocument(to: router)
        api.add(to: router.group(RouterPath(APIPath.root)).add(middleware: TestCallers()))
        return try await LocalServer.run(router) { port, _ in try await body(api, port) }
    }

    private static let shared = Task {
        try await blocking {
            let postgres = try PostgresFixture.shared()
            let database = try postgres.createDatabase("api")
            try postgres.psql(schema, database: database)
            return (postgres, database)
        }
    }

    private static func entry(_ name: String, _ postgres: PostgresFixture?, _ database: String) -> DatabaseConfiguration
    {
        var entry = DatabaseConfiguration(name: name)
        entry.host = postgres?.directory ?? "127.0.0.1"
        entry.port = postgres?.port ?? 1
        entry.database = database
        entry.user = postgres?.superuser ?? "nobody"
        return entry
    }

    /// Runs what waits for a program outside of the threads that all tasks share.
    private static func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "blocking").async { continuation.resume(with: Result { try body() }) }
        }
    }

    /// Runs SQL as an administrator, past the agent.
    func psql(_ sql: String) async throws -> String {
        try await Self.blocking { [postgres, database] in try postgres.psql(sql, database: database) }
    }

    private static let schema = """
        CREATE SCHEMA sales;
        CREATE TABLE public.customers (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, email text UNIQUE);
        COMMENT ON TABLE public.customers IS 'Who buys';
        CREATE TABLE sales.orders (
            id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES public.customers, total numeric(10,2));
        CREATE INDEX orders_customer ON sales.orders (customer_id);
        CREATE VIEW sales.large_orders AS SELECT * FROM sales.orders WHERE total > 50;
        CREATE TABLE public.notes (id int PRIMARY KEY, text text);
        CREATE FUNCTION public.risky() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
        INSERT INTO public.customers (name, email) SELECT 'Customer ' || n, n || '@example.com' FROM generate_series(1, 20) n;
        INSERT INTO sales.orders SELECT n, n % 20 + 1, n * 1.5 FROM generate_series(1, 100) n;
        ANALYZE;
        """
}
