import Foundation
import Logging
import PGConnector
import TestSupport

@testable import AgentCore

/// A database with a bit of everything that somebody might want to change, asked as a superuser: the operator's mistake
/// that the guard has to hold against.
struct ShopDatabase: Sendable {
    let fixture: PostgresFixture
    let name: String
    let database: Database
    /// Looks at what the guard should have protected.
    let auditor: PGClient

    /// Makes a database of its own, so that tests do not meet.
    ///
    /// - Parameters:
    ///   - extensions: what to install.
    ///   - adjust: changes the configuration.
    static func make(
        extensions: [String] = [], adjust: (inout DatabaseConfiguration) -> Void = { _ in }
    ) throws -> ShopDatabase {
        let fixture = try PostgresFixture.shared()
        let name = try fixture.createDatabase("shop")
        try fixture.psql(setup, database: name)
        for name_ in extensions { try fixture.psql("CREATE EXTENSION \"\(name_)\"", database: name) }
        let auditor = PGClient(
            configuration: fixture.configuration(database: name))
        return ShopDatabase(
            fixture: fixture, name: name, database: configured(fixture, name, adjust: adjust), auditor: auditor)
    }

    /// Another door to the same database, with other settings.
    func reconfigured(_ adjust: (inout DatabaseConfiguration) -> Void) -> Database {
        Self.configured(fixture, name, adjust: adjust)
    }

    static func configured(
        _ fixture: PostgresFixture, _ name: String, adjust: (inout DatabaseConfiguration) -> Void
    ) -> Database {
        var configuration = DatabaseConfiguration(name: "shop")
        configuration.host = fixture.directory
        configuration.port = fixture.port
        configuration.database = name
        configuration.user = fixture.superuser
        // Many tests share one pool of four on a machine that may have two cores.
        configuration.pool.acquireTimeout = .seconds(120)
        adjust(&configuration)
        return Database(configuration: configuration, logger: Logger(label: "test"))
    }

    /// Everything that a hostile statement could have changed, as text. Other tests work on the same server, so what is
    /// common to its databases is looked at by name. Over a connection of its own: a process for each look would be most
    /// of the work of the tests.
    func state() async throws -> String {
        var lines: [String] = []
        for try await row in try await auditor.query(
            """
            SELECT concat_ws(' ', 'orders', count(*), sum(total), md5(string_agg(o::text, ',' ORDER BY id)))
                FROM orders o
            UNION ALL SELECT concat_ws(' ', 'log', count(*)) FROM log
            UNION ALL SELECT concat_ws(' ', 'sequence', last_value, is_called) FROM counter
            UNION ALL SELECT concat_ws(' ', 'lo', count(*), max(oid)) FROM pg_largeobject_metadata
            UNION ALL SELECT concat_ws(' ', 'slots', count(*)) FROM pg_replication_slots
            UNION ALL SELECT concat_ws(' ', 'origins', count(*)) FROM pg_replication_origin
            UNION ALL SELECT concat_ws(' ', 'classes', count(*), max(oid)) FROM pg_class WHERE oid > 16384
            UNION ALL SELECT concat_ws(' ', 'procs', count(*)) FROM pg_proc
            UNION ALL SELECT concat_ws(' ', 'roles', bool_or(rolname = 'intruder')) FROM pg_authid
            UNION ALL SELECT concat_ws(' ', 'locks', count(*)) FROM pg_locks WHERE locktype = 'advisory'
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            UNION ALL SELECT concat_ws(' ', 'settings', count(*)) FROM pg_db_role_setting
                WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
            UNION ALL SELECT concat_ws(' ', 'file', (pg_stat_file('/tmp/agent_intruder', true)).size)
            """)
        {
            lines.append(row.string(0) ?? "")
        }
        return lines.joined(separator: "\n")
    }

    /// Runs SQL past the guard.
    @discardableResult
    func psql(_ sql: String) throws -> String { try fixture.psql(sql, database: name) }

    /// The first cell of the answer.
    func value(_ sql: String) async throws -> String? {
        let result = try await database.query(QueryRequest(sql: sql))
        return result.rows.first?.first ?? nil
    }

    private static let setup = """
        CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, email text, tags text[], profile jsonb,
            created timestamptz NOT NULL DEFAULT '2026-01-02 03:04:05+00');
        COMMENT ON TABLE customers IS 'Who buys';
        COMMENT ON COLUMN customers.email IS 'May be empty';
        INSERT INTO customers VALUES (1, 'Ada', 'ada@example.org', '{vip,early}', '{"age": 36, "city": "London"}'),
            (2, 'Grace', NULL, '{}', '{"age": 45, "city": "New York"}'), (3, E'Tab\\tand\\nnewline', 'x', NULL, NULL);
        CREATE TABLE orders (id bigint PRIMARY KEY, customer_id int NOT NULL REFERENCES customers (id),
            total numeric(10,2) NOT NULL CHECK (total >= 0), placed date NOT NULL, note text);
        INSERT INTO orders SELECT i, 1 + i % 3, i * 1.25, date '2026-01-01' + i % 90, 'note ' || i
            FROM generate_series(1, 300) AS i;
        CREATE INDEX orders_placed ON orders (placed);
        CREATE TABLE log (at timestamptz, text text);
        CREATE SEQUENCE counter;
        CREATE VIEW big_orders AS SELECT * FROM orders WHERE total > 300;
        CREATE MATERIALIZED VIEW totals AS SELECT customer_id, sum(total) AS total FROM orders GROUP BY 1;
        CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
        CREATE SCHEMA app;
        CREATE TABLE app.settings (key text PRIMARY KEY, value text);
        CREATE FUNCTION app.wipe() RETURNS int LANGUAGE sql AS 'DELETE FROM public.orders RETURNING 1';
        CREATE FUNCTION public.audit(note text) RETURNS text LANGUAGE plpgsql AS $$
            BEGIN INSERT INTO log VALUES (now(), note); RETURN note; END $$;
        CREATE FUNCTION public.spend(customers) RETURNS numeric LANGUAGE sql VOLATILE AS
            'SELECT sum(total) FROM public.orders WHERE customer_id = $1.id';
        CREATE FUNCTION public.full_name(c customers) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1.name || ''!''';
        CREATE FUNCTION public.double(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT x * 2';
        CREATE FUNCTION public.noise() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 4';
        CREATE FUNCTION public.add_noise(int, int) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT $1 + $2';
        CREATE AGGREGATE public.noisy_sum(int) (SFUNC = public.add_noise, STYPE = int, INITCOND = '0');
        SELECT lo_from_bytea(4711, 'precious');
        ANALYZE;
        """
}

/// Waits until the server runs a statement that holds a mark, or runs none.
///
/// - Parameters:
///   - mark: a text that no other test uses.
///   - isRunning: what to wait for.
///   - fixture: the server.
/// - Throws: when it does not happen; the count of tries and not the clock ends the wait.
func wait(for mark: String, isRunning: Bool = true, on fixture: PostgresFixture) async throws {
    let sql = """
        SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%\(mark)%' AND state = 'active' AND pid <> pg_backend_pid()
        """
    for _ in 0..<3000 {
        if try (fixture.psql(sql) != "0") == isRunning { return }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw WaitedTooLong(mark: mark, isRunning: isRunning)
}

/// Waits until nobody holds an advisory lock: the server closes a session in its own time.
func waitUntilFree(advisoryLock number: Int, on fixture: PostgresFixture) async throws {
    let sql = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = \(number)"
    for _ in 0..<3000 {
        if try fixture.psql(sql) == "0" { return }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw WaitedTooLong(mark: "advisory lock \(number)", isRunning: false)
}

extension Database {
    /// Opens connections of the pool before a test begins in which nobody waits for one as long as a busy machine may take.
    func open(connections: Int) async throws {
        for _ in 0..<100 {
            let answers = await withTaskGroup(of: Ending.self) { group in
                for _ in 0..<connections {
                    group.addTask { await Ending { try await self.query(QueryRequest(sql: "SELECT pg_sleep(0.2)")) } }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            if answers.allSatisfy({ $0 == .answered(rows: 1) }) { return }
        }
        throw WaitedTooLong(mark: "connections", isRunning: false)
    }
}

/// A statement did not start, or did not end.
struct WaitedTooLong: Error {
    let mark: String
    let isRunning: Bool
}

/// What a query ends in, for tables of tests.
enum Ending: Equatable, CustomStringConvertible {
    case answered(rows: Int)
    case failed(String)

    init(_ body: () async throws -> QueryResult) async {
        do {
            self = .answered(rows: try await body().rowCount)
        } catch let failure as QueryFailure {
            self = .failed(failure.code)
        } catch {
            self = .failed(String(reflecting: error))
        }
    }

    /// Whether the guard refused it before it reached the server.
    var isRefusal: Bool {
        guard case .failed(let code) = self else { return false }
        return ["not_read_only", "refused_function", "refused_relation", "refused_setting"].contains(code)
    }

    var description: String {
        switch self {
        case .answered(let rows): "answered \(rows) rows"
        case .failed(let code): "failed: \(code)"
        }
    }
}
