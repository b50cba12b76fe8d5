import Foundation
import PGConnector
import TestSupport
import Testing

@testable import AgentCore

/// A server of its own, whose TCP door asks for a password, with a database in which there is much to be broken.
private struct ReaderFixture {
    let server: PostgresFixture
    let database: String
    static let password = "correct horse 'battery' \\staple"

    static func make() throws -> ReaderFixture {
        let server = try PostgresFixture.start(settings: [
            "log_statement = 'all'", "password_encryption = 'scram-sha-256'",
        ])
        try server.setAccessRules([
            "local all all trust", "host all all 127.0.0.1/32 scram-sha-256",
        ])
        let database = try server.createDatabase("reader")
        try server.psql(
            """
            CREATE SCHEMA sales; CREATE SCHEMA "odd ""schema""; DROP TABLE x;";
            CREATE ROLE app LOGIN; GRANT ALL ON SCHEMA sales TO app;
            CREATE TABLE public.a (id serial, t text); INSERT INTO public.a (t) VALUES ('one'), ('two');
            CREATE TABLE sales.orders (id int PRIMARY KEY, total int); INSERT INTO sales.orders VALUES (1, 10);
            ALTER TABLE sales.orders OWNER TO app;
            CREATE TABLE "odd ""schema""; DROP TABLE x;"."t'able" (x int);
            CREATE VIEW sales.v AS SELECT * FROM sales.orders;
            CREATE MATERIALIZED VIEW sales.m AS SELECT * FROM sales.orders;
            CREATE TABLE public.everybody (x int); GRANT INSERT, SELECT ON public.everybody TO PUBLIC;
            CREATE SEQUENCE public.shared; GRANT USAGE ON SEQUENCE public.shared TO PUBLIC;
            SELECT lo_from_bytea(4242, 'secret');
            """, database: database)
        for name in ["dblink", "adminpack", "tablefunc", "xml2", "lo", "file_fdw", "pg_stat_statements", "pageinspect"]
        {
            _ = try? server.psql("CREATE EXTENSION \(name)", database: database)
        }
        try server.psql(
            """
            CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
            CREATE FOREIGN TABLE public.program (line text) SERVER files OPTIONS (program 'touch /tmp/reader_was_here; echo x');
            """, database: database)
        return ReaderFixture(server: server, database: database)
    }

    var administrator: DatabaseConfiguration {
        var configuration = DatabaseConfiguration(name: "main")
        configuration.host = server.directory
        configuration.port = server.port
        configuration.database = database
        configuration.user = server.superuser
        return configuration
    }

    /// The role itself, with its password, past our guard.
    func login(as role: String) -> PGClient {
        var parameters = server.tcpParameters(database: database, user: role)
        parameters["password"] = Self.password
        return PGClient(configuration: PGConfiguration(parameters: parameters, pool: PGPoolConfiguration(max: 1)))
    }
}

@Suite("agentctl db create-reader", .serialized)
struct ReaderRoleTests {
    private static let fixture = Result { try ReaderFixture.make() }

    /// A role made with everything that the plan has, under a name that has to be quoted.
    private static let role = "Reader \"of\" it's; all"
    private static let made = Task { () throws -> PrivilegeReport in
        let setup = ReaderSetup(configuration: try fixture.get().administrator)
        let plan = try await setup.plan(role: role, schemas: [])
        let verifier = try await setup.verifier(of: ReaderFixture.password, for: role)
        let report = try await setup.run(plan, verifier: verifier, revokesFromPublic: true)
        await setup.shutdown()
        return report
    }

    private func attempt(_ sql: String, _ client: PGClient) async -> String {
        do {
            try await client.execute(sql)
            return "done"
        } catch let error as PGError {
            return error.server?.sqlState ?? "\(error.code)"
        } catch {
            return "\(error)"
        }
    }

    @Test("The role is found to be able to do nothing but read")
    func report() async throws {
        let report = try await Self.made.value
        #expect(report.blocking(allowWrites: false).isEmpty, "\(report.findings)")
        #expect(report.isLeast)
        #expect(report.findings.allSatisfy { $0.severity == .note })
    }

    @Test("It logs in with its password, and reads what there is and what is made later")
    func reads() async throws {
        _ = try await Self.made.value
        let fixture = try Self.fixture.get()
        try fixture.server.psql("CREATE TABLE IF NOT EXISTS public.later (x int)", database: fixture.database)
        let client = fixture.login(as: Self.role)
        for sql in [
            "TABLE public.a", "TABLE sales.orders", "TABLE sales.v", "TABLE sales.m", "TABLE public.later",
            #"TABLE "odd ""schema""; DROP TABLE x;"."t'able""#, "SELECT count(*) FROM pg_stat_user_tables",
        ] {
            #expect(await attempt(sql, client) == "done", "\(sql)")
        }
        let settings = try await client.execute(
            "SELECT current_setting('default_transaction_read_only'), current_setting('statement_timeout'), current_user"
        )
        #expect(settings.rows[0].string(0) == "on")
        #expect(settings.rows[0].string(1) == "30s")
        #expect(settings.rows[0].string(2) == Self.role)
        await client.shutdown()
    }

    @Test(
        "Without our guard, and with the session made read-write, the server itself refuses it everything else",
        arguments: [
            "INSERT INTO public.a (t) VALUES ('x')", "UPDATE public.a SET t = 'x'", "DELETE FROM public.a",
            "TRUNCATE public.a", "INSERT INTO sales.orders VALUES (2, 2)", "UPDATE sales.v SET total = 0",
            "INSERT INTO public.everybody VALUES (1)", "REFRESH MATERIALIZED VIEW sales.m",
            "SELECT * FROM public.a FOR UPDATE",
            "MERGE INTO public.a USING (VALUES (1)) AS s(i) ON a.id = s.i WHEN MATCHED THEN DELETE",
            "CREATE TABLE public.mine (x int)", "CREATE TEMP TABLE mine (x int)", "SELECT 1 AS x INTO TEMP mine",
            "CREATE SCHEMA mine", "CREATE DATABASE mine", "CREATE ROLE mine",
            "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE EXTENSION pgcrypto", "CREATE VIEW sales.mine AS SELECT 1",
            "ALTER TABLE public.a ADD COLUMN z int", "DROP TABLE public.a", "COMMENT ON TABLE public.a IS 'x'",
            "SELECT nextval('public.a_id_seq')", "SELECT setval('public.a_id_seq', 99)",
            "SELECT nextval('public.shared')",
            "SELECT lo_creat(-1)", "SELECT lo_create(0)", "SELECT lo_from_bytea(0, 'x')", "SELECT lo_unlink(4242)",
            "SELECT lo_get(4242)", "SELECT lo_put(4242, 0, 'x')",
            "SELECT pg_read_file('/etc/passwd')", "SELECT pg_read_binary_file('/etc/passwd')", "SELECT pg_ls_dir('.')",
            "SELECT pg_stat_file('/etc/passwd')", "COPY public.a TO PROGRAM 'cat'",
            "COPY public.a TO '/tmp/reader_copy'",
            "COPY public.a FROM '/etc/passwd'", "SELECT * FROM public.program",
            "SELECT rolpassword FROM pg_authid", "SELECT passwd FROM pg_shadow",
            "SELECT umoptions FROM pg_user_mapping",
            "SELECT data FROM pg_largeobject", "SELECT * FROM pg_hba_file_rules",
            "SELECT subconninfo FROM pg_subscription",
            "SET ROLE postgres", "SET ROLE app", "SET ROLE pg_read_all_data", "SET SESSION AUTHORIZATION postgres",
            "SET session_replication_role = replica", "ALTER SYSTEM SET work_mem = '1MB'",
            "ALTER ROLE app SUPERUSER", "GRANT app TO CURRENT_USER", "GRANT SELECT ON public.a TO app",
            "SELECT pg_terminate_backend(pg_backend_pid())", "SELECT pg_cancel_backend(pg_backend_pid())",
            "SELECT pg_advisory_lock(1)", "SELECT pg_notify('a', 'b')", "SELECT pg_reload_conf()",
            "SELECT pg_switch_wal()",
            "SELECT pg_logical_emit_message(false, 'a', 'b')", "SELECT pg_export_snapshot()", "CHECKPOINT",
            "SELECT dblink('dbname=postgres', 'SELECT 1')", "SELECT dblink_connect('dbname=postgres')",
            "SELECT query_to_xml('SELECT 1', true, true, '')", "SELECT pg_file_write('x', 'y', false)",
            "SELECT pg_create_physical_replication_slot('x')",
            "SELECT pg_create_logical_replication_slot('x', 'test_decoding')",
            "DO $$BEGIN INSERT INTO public.a (t) VALUES ('x'); END$$", "VACUUM FULL public.a", "REINDEX TABLE public.a",
            "SHOW primary_conninfo", "CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p",
        ])
    func refused(sql: String) async throws {
        _ = try await Self.made.value
        let fixture = try Self.fixture.get()
        let client = fixture.login(as: Self.role)
        try await client.withConnection { connection in
            try await connection.execute("SET default_transaction_read_only = off")
            let before = try fixture.world()
            var ending = "done"
            do {
                try await connection.execute(sql)
            } catch let error as PGError {
                ending = error.server?.sqlState ?? "\(error.code)"
            }
            // insufficient_privilege; what needs more than that is refused for other reasons before.
            let other: Set<String> = ["42P01", "0A000", "55000", "25001", "22023", "42704", "42883", "2F003"]
            if sql.hasPrefix("VACUUM") || sql.hasPrefix("GRANT SELECT") {
                // A warning, and nothing is done.
                #expect(ending == "done")
            } else {
                #expect(ending == "42501" || other.contains(ending), "\(ending)")
            }
            #expect(try fixture.world() == before)
            connection.retire()
        }
        await client.shutdown()
        #expect(!FileManager.default.fileExists(atPath: "/tmp/reader_was_here"))
    }

    @Test("It may call no function that the guard refuses, but those that do nothing without other rights")
    func functions() async throws {
        _ = try await Self.made.value
        let fixture = try Self.fixture.get()
        let names = "{" + RefusedFunctions.why.keys.sorted().joined(separator: ",") + "}"
        let client = PGClient(configuration: fixture.server.configuration(database: fixture.database))
        let rows = try await client.execute(
            """
            SELECT p.proname, p.oid::regprocedure::text, has_function_privilege($2::name, p.oid, 'EXECUTE') FROM pg_proc p
            WHERE p.proname = ANY ($1::name[])
            """, [.text(names), .text(Self.role)]
        ).rows
        #expect(rows.count > 200)
        let callable = rows.filter { $0.string(2) == "t" && !GrantedFunctions.isHarmless($0.string(0) ?? "") }
        #expect(callable.isEmpty, "\(callable.compactMap { $0.string(1) })")
        await client.shutdown()
    }

    @Test("The password is in no log of the server, and its verifier is of SCRAM")
    func secrecy() async throws {
        _ = try await Self.made.value
        let fixture = try Self.fixture.get()
        #expect(fixture.server.log.contains("CREATE ROLE"))
        #expect(!fixture.server.log.contains("battery"))
        let stored = try fixture.server.psql("SELECT left(rolpassword, 14) FROM pg_authid WHERE rolname LIKE 'Reader%'")
        #expect(stored == "SCRAM-SHA-256$")
    }

    @Test("The printed script runs in psql as it is, and makes the same role")
    func script() async throws {
        let fixture = try Self.fixture.get()
        let setup = ReaderSetup(configuration: fixture.administrator)
        let plan = try await setup.plan(role: "script reader", schemas: ["sales"])
        try fixture.server.psql(plan.script(verifier: nil, revokesFromPublic: false), database: fixture.database)
        let may = try fixture.server.psql(
            "SELECT has_table_privilege('script reader', 'sales.orders', 'SELECT'), "
                + "has_table_privilege('script reader', 'public.a', 'SELECT')", database: fixture.database)
        #expect(may == "t|f")
        await #expect(throws: QueryFailure.self) { _ = try await setup.plan(role: "script reader", schemas: []) }
        await #expect(throws: QueryFailure.self) { _ = try await setup.plan(role: "other", schemas: ["no such"]) }
        for name in ["", "pg_mine", "public", String(repeating: "x", count: 64)] {
            await #expect(throws: QueryFailure.self) { _ = try await setup.plan(role: name, schemas: []) }
        }
        await setup.shutdown()
    }
}

extension ReaderFixture {
    /// What must not change.
    fileprivate func world() throws -> String {
        try server.psql(
            """
            SELECT md5(string_agg(a::text, ',' ORDER BY id)) FROM public.a;
            SELECT md5(string_agg(o::text, ',')) FROM sales.orders o;
            SELECT count(*) FROM public.everybody;
            SELECT last_value, is_called FROM public.a_id_seq;
            SELECT last_value, is_called FROM public.shared;
            SELECT count(*), max(oid) FROM pg_largeobject_metadata;
            SELECT count(*), max(oid) FROM pg_class WHERE oid > 16384 AND relkind <> 'i' AND relname NOT LIKE 'later%';
            SELECT count(*) FROM pg_proc; SELECT count(*) FROM pg_roles WHERE rolname NOT LIKE '%reader%';
            SELECT count(*) FROM pg_database; SELECT count(*) FROM pg_replication_slots;
            SELECT string_agg(relacl::text, ',' ORDER BY oid) FROM pg_class WHERE relname = 'a';
            SELECT count(*) FROM pg_locks WHERE locktype = 'advisory';
            """, database: database)
    }
}
