import AuthTokens
import Dispatch
import Logging
import MCPProtocol
import TestSupport

@testable import AgentCore

/// An agent over a database of its own on the shared PostgreSQL, and over one that is down.
///
/// `shop` holds the tables below; `down` is a port where nothing listens.
struct AgentFixture: Sendable {
    let postgres: PostgresFixture
    /// The name of the database on the server.
    let database: String
    let agent: Agent

    var service: any MCPService { agent.service(for: .local) }

    /// Makes an agent, hands it to `body`, and closes the connections.
    ///
    /// - Parameters:
    ///   - sql: Runs in a new database after the tables were made; without it the tests share a database.
    ///   - adjust: Changes the configuration.
    static func with<Value>(
        sql: String? = nil, _ adjust: (inout AgentConfiguration) -> Void = { _ in },
        _ body: (AgentFixture) async throws -> Value
    ) async throws -> Value {
        let (postgres, database) = try await sql == nil ? shared.value : make(sql ?? "")
        var configuration = AgentConfiguration()
        configuration.databases = [entry(postgres, database), down()]
        // A machine that runs every suite at once may take long to connect.
        for index in configuration.databases.indices {
            configuration.databases[index].pool.acquireTimeout = .seconds(60)
        }
        adjust(&configuration)
        let agent = try Agent(
            configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let fixture = AgentFixture(postgres: postgres, database: database, agent: agent)
        do {
            let value = try await body(fixture)
            await agent.shutdown()
            return value
        } catch {
            await agent.shutdown()
            throw error
        }
    }

    private static let shared = Task { try await make("") }

    private static func make(_ sql: String) async throws -> (PostgresFixture, String) {
        try await blocking {
            let postgres = try PostgresFixture.shared()
            let database = try postgres.createDatabase("agent")
            try postgres.psql(schema + sql, database: database)
            return (postgres, database)
        }
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

    /// The entry of a database of the fixture.
    static func entry(_ postgres: PostgresFixture, _ database: String, name: String = "shop") -> DatabaseConfiguration {
        var entry = DatabaseConfiguration(name: name)
        entry.host = postgres.directory
        entry.port = postgres.port
        entry.database = database
        entry.user = postgres.superuser
        return entry
    }

    /// A database that is down.
    static func down() -> DatabaseConfiguration {
        var entry = DatabaseConfiguration(name: "down")
        entry.host = "127.0.0.1"
        entry.port = 1
        entry.database = "none"
        entry.user = "nobody"
        return entry
    }

    /// Calls a tool as the local user.
    func call(_ tool: String, _ arguments: JSONObject = [:]) async throws -> ToolResult {
        let outcome = try await service.callTool(tool, arguments: arguments, context: .local(caller: Principal.local))
        guard case .result(let result) = outcome else { throw Unexpected(what: "\(tool) asked for input") }
        return result
    }

    /// Something that a test did not reckon with.
    struct Unexpected: Error { let what: String }

    private static let schema = """
        CREATE SCHEMA sales;
        CREATE TABLE public.customers (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, email text UNIQUE, notes text);
        COMMENT ON TABLE public.customers IS 'Who buys';
        CREATE TABLE sales.orders (
            id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES public.customers, total numeric(10,2),
            placed timestamptz NOT NULL DEFAULT '2026-01-01', status text CHECK (status IN ('open', 'paid')));
        CREATE INDEX orders_customer ON sales.orders (customer_id);
        CREATE VIEW sales.open_orders AS SELECT * FROM sales.orders WHERE status = 'open';
        CREATE TABLE public."Odd / näme" (x int);
        INSERT INTO public.customers (name, email) SELECT 'Customer ' || n, n || '@example.com' FROM generate_series(1, 20) n;
        INSERT INTO sales.orders SELECT n, n % 20 + 1, n * 1.5, '2026-01-01', CASE WHEN n % 2 = 0 THEN 'open' ELSE 'paid' END
            FROM generate_series(1, 100) n;
        ANALYZE;

        """
}
