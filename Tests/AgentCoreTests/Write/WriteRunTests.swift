import AuthTokens
import Logging
import PGConnector
import Synchronization
import TestSupport
import Testing

@testable import AgentCore

@Suite("Running an approved write", .serialized)
struct WriteRunTests {
    private static let shared = Result {
        let shop = try ShopDatabase.make { $0.allowWrites = true }
        try shop.psql(
            """
            CREATE TABLE notes (id int PRIMARY KEY, text text);
            CREATE TABLE parents (id int PRIMARY KEY);
            CREATE TABLE children (id int, parent int REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
            """)
        return shop
    }

    private func fresh() throws -> ShopDatabase {
        let shop = try Self.shared.get()
        try shop.psql(
            "TRUNCATE notes, children, parents; INSERT INTO notes VALUES (1, 'one'), (2, 'two'), (3, 'three')")
        return shop
    }

    private func notes(_ shop: ShopDatabase) throws -> String {
        try shop.psql("SELECT string_agg(id || text, ',' ORDER BY id) FROM notes")
    }

    /// Waits until a COMMIT runs in the database of a test, or none does any more.
    private func waitForCommit(in shop: ShopDatabase, isRunning: Bool = true) async throws {
        let sql = """
            SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND query = 'COMMIT'
                AND state = 'active'
            """
        for _ in 0..<3000 {
            if try (shop.psql(sql) == "t") == isRunning { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw WaitedTooLong(mark: "COMMIT", isRunning: isRunning)
    }

    @Test("It changes what was approved, and says how much")
    func simple() async throws {
        let shop = try fresh()
        let result = try await shop.database.approved("UPDATE notes SET text = upper(text) WHERE id < 3")
        #expect(result.statements.map(\.summary) == ["UPDATE, 2 rows"])
        #expect(result.rows == 2 && !result.dryRun)
        #expect(try notes(shop) == "1ONE,2TWO,3three")
        let insert = try await shop.database.approved("INSERT INTO notes VALUES (4, 'four')")
        #expect(insert.statements.map(\.summary) == ["INSERT, 1 row"])
        let table = try await shop.database.approved("CREATE TABLE IF NOT EXISTS made (a int)")
        #expect(table.statements.map(\.summary) == ["CREATE TABLE"])
    }

    @Test("Several statements are all or nothing")
    func atomic() async throws {
        let shop = try fresh()
        let result = try await shop.database.approved(
            "INSERT INTO notes VALUES (4, 'a'); DELETE FROM notes WHERE id = 1; UPDATE notes SET text = 'x'")
        #expect(result.statements.map(\.summary) == ["INSERT, 1 row", "DELETE, 1 row", "UPDATE, 3 rows"])
        #expect(try notes(shop) == "2x,3x,4x")

        let failure = await shop.database.failure(
            "DELETE FROM notes;\n-- ä\nINSERT INTO parents VALUES (1);\nINSERT INTO notes VALUES (1, nonsense); DROP TABLE notes"
        )
        #expect(failure?.sqlState == "42703")
        #expect(failure?.description.hasPrefix("Statement 3 of 4 failed, and all of them were rolled back") == true)
        #expect(failure?.description.contains("LINE 4: INSERT INTO notes VALUES (1, nonsense)") == true)
        #expect(try notes(shop) == "2x,3x,4x")
        #expect(try shop.psql("SELECT count(*) FROM parents") == "0")
    }

    @Test("Rows come back within the limits, while the statement runs to its end")
    func returning() async throws {
        let shop = try fresh()
        let database = shop.reconfigured {
            $0.allowWrites = true
            $0.limits.rows = 5
        }
        let result = try await database.approved(
            "INSERT INTO notes SELECT i, repeat('x', 100) FROM generate_series(10, 20000) i RETURNING id, text")
        let rows = try #require(result.statements.first?.result)
        #expect(rows.rowCount == 5 && rows.truncated == .rows && rows.nextOffset == nil)
        #expect(rows.columns.map(\.type) == ["integer", "text"])
        #expect(result.rows == 19_991)
        #expect(try shop.psql("SELECT count(*) FROM notes") == "19994")
        // The limits hold for all statements together.
        let two = try await database.approved(
            "DELETE FROM notes WHERE id <= 3 RETURNING id; DELETE FROM notes RETURNING id, 'happy'::mood")
        #expect(two.statements.map { $0.result?.rowCount } == [3, 2])
        #expect(two.statements[1].result?.columns.last?.type == "mood")
        await database.shutdown()
    }

    @Test("A dry run tells what would happen, checks what is deferred, and leaves nothing")
    func dryRun() async throws {
        let shop = try fresh()
        let result = try await shop.database.approved(
            "DELETE FROM notes RETURNING id; CREATE TABLE made2 (a int)", dryRun: true)
        #expect(result.dryRun)
        #expect(result.statements.map(\.summary) == ["DELETE, 3 rows", "CREATE TABLE"])
        #expect(result.statements[0].result?.rowCount == 3)
        #expect(try notes(shop) == "1one,2two,3three")
        #expect(try shop.psql("SELECT to_regclass('made2') IS NULL") == "t")

        let deferred = "INSERT INTO children VALUES (1, 99)"
        let failure = await shop.database.failure(deferred, dryRun: true)
        #expect(failure?.sqlState == "23503")
        #expect(try shop.psql("SELECT count(*) FROM children") == "0")
        let real = await shop.database.failure(deferred)
        #expect(real?.sqlState == "23503")
        #expect(real?.description.contains("rolled back") == true)
    }

    @Test(
        "What cannot run in a transaction runs outside of one",
        arguments: [
            "VACUUM notes", "VACUUM (ANALYZE) notes",
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS notes_text ON notes (text)",
            "REINDEX TABLE CONCURRENTLY notes", "CLUSTER", "DROP INDEX CONCURRENTLY IF EXISTS notes_text",
            "DO $$ BEGIN INSERT INTO parents VALUES (7); COMMIT; END $$",
        ])
    func alone(_ sql: String) async throws {
        let shop = try fresh()
        let result = try await shop.database.approved(sql)
        #expect(result.statements.count == 1)
    }

    @Test("A database is made and dropped")
    func createDatabase() async throws {
        let shop = try fresh()
        let name = "made_\(shop.name)"
        _ = try await shop.database.approved("CREATE DATABASE \(name)")
        #expect(try shop.psql("SELECT count(*) FROM pg_database WHERE datname = '\(name)'") == "1")
        _ = try await shop.database.approved("DROP DATABASE \(name)")
        #expect(try shop.psql("SELECT count(*) FROM pg_database WHERE datname = '\(name)'") == "0")
    }

    @Test("A statement outside of a transaction that fails says that a part may remain")
    func aloneFailure() async throws {
        let shop = try fresh()
        let failure = await shop.database.failure(
            "DO $$ BEGIN INSERT INTO parents VALUES (8); COMMIT; RAISE 'broken'; END $$")
        #expect(failure?.description.contains("may remain") == true)
        #expect(try shop.psql("SELECT count(*) FROM parents") == "1")
    }

    @Test("Nothing of a write stays in the session that the next caller gets")
    func hygiene() async throws {
        let shop = try fresh()
        let database = shop.reconfigured {
            $0.allowWrites = true
            $0.pool.max = 1
        }
        func session() async throws -> String? {
            try await database.query(
                QueryRequest(
                    sql:
                        "SELECT pg_backend_pid() || ' ' || current_user || ' ' || current_setting('work_mem') || ' ' || "
                        + "(SELECT count(*) FROM pg_prepared_statements WHERE NOT starts_with(name, 'agent_'))")
            ).rows.first?.first ?? nil
        }
        let before = try #require(try await session())
        _ = try await database.approved("SET LOCAL work_mem = '77MB'; SELECT pg_advisory_lock(77); DELETE FROM notes")
        let after = try #require(try await session())
        #expect(before.split(separator: " ").dropFirst() == after.split(separator: " ").dropFirst())
        #expect(before.split(separator: " ").first != after.split(separator: " ").first)
        try await waitUntilFree(advisoryLock: 77, on: shop.fixture)
        await database.shutdown()
    }

    @Test("A read stays a read: no question, a read-only transaction")
    func reads() async throws {
        let shop = try fresh()
        for sql in ["SELECT count(*) FROM notes", "EXPLAIN DELETE FROM notes", "SHOW work_mem", "TABLE notes"] {
            let request = WriteRequest(sql: sql, origin: CallOrigin(principal: .local))
            #expect(try await shop.database.approvalQuestion(request) == nil)
            let approval = shop.database.approval(for: request)
            await #expect(throws: QueryFailure.self) { try await shop.database.write(request, approval: approval) }
        }
        #expect(try await shop.value("SHOW transaction_read_only") == "on")
    }

    @Test("What a read may not call is asked about")
    func volatileFunction() async throws {
        let shop = try fresh()
        let request = WriteRequest(sql: "SELECT nextval('counter')", origin: CallOrigin(principal: .local))
        let question = try #require(try await shop.database.approvalQuestion(request))
        #expect(question.warnings.contains { $0.contains("nextval") })
        let before = try #require(Int(try shop.psql("SELECT last_value FROM counter")))
        let result = try await shop.database.write(request, approval: question.approval)
        #expect(result.statements.first?.result?.rowCount == 1)
        #expect(try #require(Int(try shop.psql("SELECT last_value FROM counter"))) >= before)
    }

    @Test("Secrets stay secret, approved or not")
    func secrets() async throws {
        let shop = try fresh()
        for sql in [
            "SELECT rolpassword FROM pg_authid", "INSERT INTO notes SELECT 9, rolpassword FROM pg_authid",
            "DELETE FROM notes; SELECT * FROM pg_shadow",
        ] {
            let failure = await shop.database.failure(sql)
            #expect(failure?.code == "refused_relation")
        }
    }

    @Test("Without allow_writes there is no question, and a write is refused as ever")
    func off() async throws {
        let shop = try fresh()
        let database = shop.reconfigured { _ in }
        let request = WriteRequest(sql: "DELETE FROM notes", origin: CallOrigin(principal: .local))
        #expect(try await database.approvalQuestion(request) == nil)
        let approval = database.approval(for: request)
        await #expect(throws: QueryFailure.self) { try await database.write(request, approval: approval) }
        #expect(try notes(shop) == "1one,2two,3three")
    }

    @Test("Who has no right to write is refused, and so is nobody")
    func scopes() async throws {
        let shop = try fresh()
        let reader = Principal(id: "r", name: "r", scopes: [.read])
        for principal in [reader, nil] {
            let request = WriteRequest(sql: "DELETE FROM notes", origin: CallOrigin(principal: principal))
            let failure = await #expect(throws: QueryFailure.self) { try await shop.database.approvalQuestion(request) }
            #expect(failure?.code == "refused_write")
        }
    }

    @Test("An approval is good for its write and no other, once; the table is as it should be after each")
    func approvals() async throws {
        let shop = try fresh()
        let database = shop.database
        func request(_ sql: String, dryRun: Bool = false, by principal: Principal = .local) -> WriteRequest {
            WriteRequest(sql: sql, dryRun: dryRun, origin: CallOrigin(principal: principal))
        }
        let asked = request("DELETE FROM notes WHERE id = 1")
        let approval = try #require(try await database.approvalQuestion(asked)).approval
        let stranger = Principal(id: "eve", name: "eve", scopes: [.read, .write])
        for (wrong, error) in [
            (request("DELETE FROM notes WHERE id = 2"), ApprovalError.otherStatement),
            (request(asked.sql, dryRun: true), .otherStatement), (request(asked.sql, by: stranger), .otherPrincipal),
        ] {
            let failure = await #expect(throws: QueryFailure.self) {
                try await database.write(wrong, approval: approval)
            }
            #expect(failure?.refusedApproval == error)
        }
        let elsewhere = ApprovalDesk().issue(sql: asked.sql, database: "shop2", dryRun: false, principal: "local")
        let other = await #expect(throws: QueryFailure.self) { try await database.write(asked, approval: elsewhere) }
        #expect(other?.refusedApproval == .otherDatabase)
        let old = Approval(
            digest: elsewhere.digest, database: "shop", isDryRun: false, principal: "local",
            issued: .now - .seconds(301), expires: .now - .seconds(1), nonce: elsewhere.nonce)
        let expired = await #expect(throws: QueryFailure.self) { try await database.write(asked, approval: old) }
        #expect(expired?.refusedApproval == .expired)
        #expect(try notes(shop) == "1one,2two,3three")

        // What was refused above did not use it up.
        _ = try await database.write(asked, approval: approval)
        #expect(try notes(shop) == "2two,3three")
        try shop.psql("INSERT INTO notes VALUES (1, 'one')")
        let again = await #expect(throws: QueryFailure.self) { try await database.write(asked, approval: approval) }
        #expect(again?.refusedApproval == .spent)
        #expect(try notes(shop) == "1one,2two,3three")

        let declined = try #require(try await database.approvalQuestion(asked)).approval
        #expect(await database.decline(asked, approval: declined).code == "declined")
        let late = await #expect(throws: QueryFailure.self) { try await database.write(asked, approval: declined) }
        #expect(late?.refusedApproval == .spent)
        #expect(try notes(shop) == "1one,2two,3three")
    }

    @Test("A write that fails used its approval up: it is not tried again")
    func failedOnce() async throws {
        let shop = try fresh()
        let request = WriteRequest(sql: "INSERT INTO notes VALUES (1, 'again')", origin: CallOrigin(principal: .local))
        let approval = try #require(try await shop.database.approvalQuestion(request)).approval
        let first = await #expect(throws: QueryFailure.self) {
            try await shop.database.write(request, approval: approval)
        }
        #expect(first?.sqlState == "23505")
        let second = await #expect(throws: QueryFailure.self) {
            try await shop.database.write(request, approval: approval)
        }
        #expect(second?.refusedApproval == .spent)
    }

    @Test("A statement that would hang ends at its limit, and is rolled back")
    func timeouts() async throws {
        let shop = try fresh()
        let database = shop.reconfigured {
            $0.allowWrites = true
            $0.limits.statementTimeout = .milliseconds(300)
        }
        let slow = await database.failure("DELETE FROM notes; SELECT pg_sleep(60), 'write_timeout'")
        #expect(slow?.code == "timeout")
        #expect(try notes(shop) == "1one,2two,3three")
        let locker = PGClient(
            configuration: PGConfiguration(parameters: [
                "host": shop.fixture.directory, "port": String(shop.fixture.port), "dbname": shop.name,
                "user": shop.fixture.superuser,
            ]))
        let hurried = shop.reconfigured {
            $0.allowWrites = true
            $0.limits.lockTimeout = .milliseconds(100)
        }
        try await locker.withTransaction { connection in
            try await connection.execute("LOCK TABLE notes")
            let blocked = await hurried.failure("DELETE FROM notes")
            #expect(blocked?.sqlState == "55P03")
        }
        await locker.shutdown()
        await hurried.shutdown()
        await database.shutdown()
        #expect(try notes(shop) == "1one,2two,3three")
    }

    @Test("Who gives up has the statement cancelled on the server, and rolled back")
    func cancellation() async throws {
        let shop = try fresh()
        let task = Task { try await shop.database.approved("DELETE FROM notes; SELECT pg_sleep(60), 'write_cancel'") }
        try await wait(for: "write_cancel", on: shop.fixture)
        task.cancel()
        let failure = await #expect(throws: QueryFailure.self) { _ = try await task.value }
        #expect(failure?.code == "cancelled")
        try await wait(for: "write_cancel", isRunning: false, on: shop.fixture)
        #expect(try notes(shop) == "1one,2two,3three")
    }

    @Test(
        "A connection that is lost before COMMIT changed nothing; one lost while committing leaves it unknown, and both say so"
    )
    func lostConnections() async throws {
        let shop = try fresh()
        try shop.psql(
            """
            CREATE TABLE slow (a int);
            CREATE FUNCTION slow_commit() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_sleep(3) /* slow_commit_mark */; RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION slow_commit();
            """)
        let proxy = try PostgresTCPProxy(target: shop.fixture.port)
        let database = shop.reconfigured {
            $0.allowWrites = true
            $0.host = "127.0.0.1"
            $0.port = proxy.port
            $0.sslmode = .disable
        }
        let early = Task { await database.failure("DELETE FROM notes; SELECT pg_sleep(30), 'write_lost'") }
        try await wait(for: "write_lost", on: shop.fixture)
        proxy.drop()
        let lost = await early.value
        #expect(lost?.code == "unavailable")
        #expect(lost?.description.contains("rolled back: nothing was changed") == true)
        #expect(try notes(shop) == "1one,2two,3three")

        let late = Task { await database.failure("INSERT INTO slow VALUES (1)") }
        try await waitForCommit(in: shop)
        proxy.drop()
        let unknown = await late.value
        #expect(unknown?.code == "outcome_unknown")
        #expect(unknown?.description.contains("UNKNOWN") == true)
        // The server goes on, and commits: it is well that nobody claimed the contrary.
        try await waitForCommit(in: shop, isRunning: false)
        #expect(try shop.psql("SELECT count(*) FROM slow") == "1")
        proxy.stop()
        await database.shutdown()
    }

    @Test("Who gives up while it commits changes nothing any more")
    func cancelledCommit() async throws {
        let shop = try ShopDatabase.make { $0.allowWrites = true }
        try shop.psql(
            """
            CREATE TABLE slow (a int);
            CREATE FUNCTION slow_commit() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_sleep(1); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION slow_commit();
            """)
        let task = Task { try await shop.database.approved("INSERT INTO slow VALUES (1)") }
        try await waitForCommit(in: shop)
        task.cancel()
        _ = try await task.value
        #expect(try shop.psql("SELECT count(*) FROM slow") == "1")
        await shop.database.shutdown()
    }

    @Test("The planner's estimate is told where it can be had")
    func estimates() async throws {
        let shop = try fresh()
        func estimate(_ sql: String) async throws -> Int? {
            let request = WriteRequest(sql: sql, origin: CallOrigin(principal: .local))
            return try #require(try await shop.database.approvalQuestion(request)).estimatedRows
        }
        #expect(try await estimate("DELETE FROM orders") == 300)
        #expect(try await estimate("UPDATE orders SET note = '' WHERE id = 7") == 1)
        #expect(try await estimate("INSERT INTO notes VALUES (7, 'a'), (8, 'b')") == 2)
        #expect(try await estimate("WITH o AS (SELECT 1) DELETE FROM orders WHERE id IN (SELECT * FROM o)") != nil)
        // Planning would run what was not vetted.
        #expect(try await estimate("DELETE FROM orders WHERE id = nextval('counter')") == nil)
        #expect(try await estimate("DELETE FROM orders; DELETE FROM notes") == nil)
        #expect(try await estimate("TRUNCATE orders CASCADE") == nil)
    }

    @Test("The question says that a write calls what the guard refuses in a read")
    func refusedFunction() async throws {
        let shop = try fresh()
        let request = WriteRequest(
            sql: "INSERT INTO notes SELECT 7, pg_read_file('PG_VERSION')", origin: CallOrigin(principal: .local))
        let question = try #require(try await shop.database.approvalQuestion(request))
        #expect(question.estimatedRows == nil)
        #expect(question.warnings.contains { $0.contains("pg_read_file") })
    }

    @Test("Nobody is asked about a statement that cannot run")
    func misspelt() async throws {
        let shop = try fresh()
        for (sql, state) in [
            ("DELETE FROM nots", "42P01"), ("UPDATE notes SET txt = 1", "42703"), ("DELETE notes", "42601"),
        ] {
            let request = WriteRequest(sql: sql, origin: CallOrigin(principal: .local))
            let failure = await #expect(throws: QueryFailure.self) { try await shop.database.approvalQuestion(request) }
            #expect(failure?.sqlState == state)
            #expect(failure?.description.contains("nobody was asked") == true)
        }
    }

    @Test("Strings that the server would read in another way stop the write")
    func strings() async throws {
        let shop = try fresh()
        let failure = await shop.database.failure(
            "SELECT set_config('standard_conforming_strings', 'off', true); DELETE FROM notes")
        #expect(failure?.description.contains("standard_conforming_strings") == true)
        #expect(try notes(shop) == "1one,2two,3three")
    }

    @Test("Another encoding, in which a character can swallow a backslash, stops the write")
    func encoding() async throws {
        let shop = try fresh()
        let failure = await shop.database.failure(
            "DO $$ BEGIN PERFORM set_config('client_encoding', 'SJIS', true); END $$; DELETE FROM notes")
        #expect(failure?.description.contains("client_encoding") == true)
        #expect(try notes(shop) == "1one,2two,3three")
    }

    @Test("Observers are told before it runs and after, and one that cannot keep its record stops it")
    func observers() async throws {
        let shop = try fresh()
        let listener = Listener()
        var configuration = shop.database.configuration
        configuration.allowWrites = true
        let database = Database(configuration: configuration, logger: Logger(label: "test"), observers: [listener])
        _ = try await database.approved("DELETE FROM notes WHERE id = 1")
        _ = try await database.approved("DELETE FROM notes", dryRun: true)
        _ = await database.failure("INSERT INTO notes VALUES (2, 'again')")
        let asked = WriteRequest(sql: "DELETE FROM notes", origin: CallOrigin(principal: .local))
        let approval = try #require(try await database.approvalQuestion(asked)).approval
        _ = await database.decline(asked, approval: approval)
        #expect(
            listener.events.withLock { $0 } == [
                "will DELETE", "completed 1 with id", "will DELETE", "dryRun 2 with id", "will INSERT",
                "failed 0 with id",
                "declined 0 with id",
            ])
        listener.refuses.withLock { $0 = true }
        let failure = await database.failure("DELETE FROM notes")
        #expect(failure?.description.contains("disk full") == true)
        #expect(try notes(shop) == "2two,3three")
        await database.shutdown()
    }

    private final class Listener: GuardObserver {
        struct DiskFull: Error, CustomStringConvertible { let description = "disk full" }
        let events = Mutex<[String]>([])
        let refuses = Mutex(false)

        func willWrite(_ call: GuardedCall) async throws {
            if refuses.withLock({ $0 }) { throw DiskFull() }
            events.withLock { $0.append("will \(call.kinds.joined(separator: ","))") }
        }

        func finished(_ call: GuardedCall) async {
            let id = call.approvalID == nil ? "without id" : "with id"
            events.withLock { $0.append("\(call.outcome.rawValue) \(call.rows) \(id)") }
        }
    }
}
