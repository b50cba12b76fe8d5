import PGConnector
import TestSupport
import Testing

@testable import AgentCore

/// "Known ways around, in products of this kind (all must fail here)", as a superuser.
@Suite("Known ways around the guard", .serialized)
struct GuardKnownWaysAroundTests {
    static let statements: [String] = [
        // Several statements, and prefixes that hide one.
        "COMMIT; DELETE FROM orders", "SELECT 1; DELETE FROM orders", "ROLLBACK; BEGIN; DELETE FROM orders; COMMIT",
        "SELECT 1;;DROP TABLE log", "; DELETE FROM orders", "/* SELECT */ DELETE FROM orders",
        "--\u{0D}DELETE FROM orders", "-- a comment\rDROP TABLE log", "/* /* */ SELECT 1; */ DELETE FROM orders",
        "SELECT 1 --\r; DELETE FROM orders", "SELECT $é$ $é$; DELETE FROM orders; SELECT $é$ $é$",
        "SELECT '\\'; DELETE FROM orders; --'",
        "SELECT 'a' 'b'; DELETE FROM orders", "SELECT U&'\\0027'; DELETE FROM orders",
        // Names spelled in other ways.
        "SELECT \"set_config\"('transaction_read_only', 'off', false)",
        "SELECT pg_catalog . /* */ set_config('transaction_read_only', 'off', false)",
        "SELECT U&\"set\\005fconfig\"('a.b', 'c', false)", "SELECT SET_CONFIG('a.b', 'c', false)",
        "SELECT U&\"set!005fconfig\" UESCAPE '!' ('a.b', 'c', false)",
        "SELECT \"pg_catalog\".\"set_config\" ('a.b', 'c', false)",
        "SELECT set_config --\n ('a.b', 'c', false)",
        // Statements of other kinds.
        "INSERT INTO log VALUES (now(), 'x')", "UPDATE orders SET total = 0", "DELETE FROM orders",
        "MERGE INTO log USING orders ON false WHEN NOT MATCHED THEN INSERT VALUES (now(), 'x')", "TRUNCATE orders",
        "DROP TABLE log", "CREATE TABLE intruder (a int)", "CREATE TEMP TABLE intruder (a int)",
        "ALTER TABLE log ADD COLUMN x int", "GRANT ALL ON orders TO PUBLIC", "CREATE ROLE intruder SUPERUSER",
        "COMMENT ON TABLE log IS 'x'", "REINDEX TABLE orders", "VACUUM orders", "ANALYZE orders", "CLUSTER orders",
        "REFRESH MATERIALIZED VIEW totals", "CHECKPOINT", "LOAD 'plpgsql'", "DO $$ BEGIN DELETE FROM orders; END $$",
        "CALL app.nothing()", "PREPARE p AS DELETE FROM orders", "EXECUTE p", "DEALLOCATE ALL",
        "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "FETCH ALL FROM c", "CLOSE ALL", "LOCK TABLE orders",
        "LISTEN intruder", "NOTIFY intruder", "UNLISTEN *", "SET ROLE postgres", "SET transaction_read_only = off",
        "SET SESSION AUTHORIZATION postgres", "RESET ALL", "DISCARD ALL", "BEGIN", "COMMIT", "ROLLBACK",
        "SAVEPOINT a", "SET TRANSACTION READ WRITE", "ALTER SYSTEM SET work_mem = '1MB'",
        "COPY orders TO PROGRAM 'touch /tmp/agent_intruder'", "COPY orders TO '/tmp/agent_intruder'",
        "COPY log FROM PROGRAM 'echo'", "COPY (SELECT 1) TO STDOUT", "IMPORT FOREIGN SCHEMA a FROM SERVER b INTO c",
        "CREATE EXTENSION dblink", "SECURITY LABEL ON TABLE log IS 'x'",
        // Writes within reads.
        "WITH x AS (DELETE FROM orders RETURNING *) SELECT * FROM x",
        "WITH a AS (SELECT 1), b AS (INSERT INTO log VALUES (now(), 'x') RETURNING 1) SELECT * FROM a",
        "SELECT * FROM (WITH x AS (UPDATE orders SET total = 0 RETURNING *) SELECT * FROM x) y",
        "WITH x AS NOT MATERIALIZED (DELETE FROM orders RETURNING *) TABLE x", "SELECT 1 INTO intruder",
        "SELECT * INTO TEMP intruder FROM orders", "WITH a AS (SELECT 1) SELECT * INTO intruder FROM a",
        "SELECT * FROM orders FOR UPDATE", "SELECT * FROM orders FOR NO KEY UPDATE SKIP LOCKED",
        "SELECT * FROM orders o FOR SHARE OF o", "SELECT * FROM (SELECT * FROM orders FOR KEY SHARE) x",
        "EXPLAIN ANALYZE DELETE FROM orders", "EXPLAIN (ANALYZE) DELETE FROM orders",
        "EXPLAIN (ANALYZE false, ANALYZE true) DELETE FROM orders", "EXPLAIN ANALYSE VERBOSE DELETE FROM orders",
        "EXPLAIN (ANALYZE 'on') INSERT INTO log VALUES (now(), 'x')",
        "EXPLAIN (ANALYZE 1) WITH x AS (DELETE FROM orders RETURNING 1) SELECT * FROM x",
        "EXPLAIN ANALYZE CREATE TABLE intruder AS SELECT 1", "EXPLAIN ANALYZE EXECUTE p",
        // Functions: sequences, locks, sessions, settings, large objects, files, replication.
        "SELECT nextval('counter')", "SELECT setval('counter', 99)", "SELECT lo_unlink(4711)",
        "SELECT lo_import('/etc/passwd')", "SELECT lo_export(4711, '/tmp/agent_intruder')",
        "SELECT lo_put(4711, 0, 'x')", "SELECT lo_from_bytea(0, 'x')", "SELECT lo_get(4711)",
        "SELECT pg_advisory_lock(1)", "SELECT pg_try_advisory_lock(1)", "SELECT pg_advisory_xact_lock(1)",
        "SELECT pg_advisory_unlock_all()", "SELECT pg_notify('a', 'b')", "SELECT setseed(0.5)",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity", "SELECT pg_cancel_backend(1)",
        "SELECT pg_reload_conf()", "SELECT pg_switch_wal()", "SELECT pg_create_restore_point('x')",
        "SELECT pg_create_physical_replication_slot('intruder')",
        "SELECT pg_create_logical_replication_slot('intruder', 'pgoutput')", "SELECT pg_drop_replication_slot('x')",
        "SELECT pg_replication_origin_create('intruder')", "SELECT pg_logical_emit_message(false, 'a', 'b')",
        "SELECT pg_stat_reset()", "SELECT pg_export_snapshot()", "SELECT pg_promote()",
        "SELECT pg_read_file('/etc/passwd')", "SELECT pg_read_binary_file('/etc/passwd')", "SELECT pg_ls_dir('/')",
        "SELECT * FROM pg_ls_waldir()", "SELECT * FROM pg_stat_file('/etc/passwd')",
        "SELECT pg_import_system_collations('pg_catalog')", "SELECT brin_summarize_new_values('orders_placed')",
        "SELECT pg_log_backend_memory_contexts(1)", "SELECT pg_backup_start('x')",
        // Functions that run text.
        "SELECT query_to_xml('DELETE FROM orders', true, true, '')",
        "SELECT query_to_xmlschema('SELECT 1', true, true, '')", "SELECT table_to_xml('pg_authid', true, true, '')",
        "SELECT schema_to_xml('public', true, true, '')", "SELECT database_to_xml(true, true, '')",
        "SELECT cursor_to_xml('c', 1, true, true, '')", "SELECT * FROM ts_stat('SELECT ''a''::tsvector')",
        "SELECT ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, ''b''::tsquery')",
        "SELECT * FROM crosstab('DELETE FROM orders RETURNING 1') AS t(a text)",
        "SELECT * FROM connectby('orders', 'id', 'id', '1', 0) AS t(a int)",
        "SELECT * FROM dblink('dbname=postgres', 'DELETE FROM orders') AS t(a int)",
        "SELECT dblink_exec('postgres://postgres@localhost/postgres', 'DELETE FROM orders')",
        "SELECT xpath_table('id', 'note', 'orders', '/', 'true')",
        // Functions of the database, wherever they stand.
        "SELECT app.wipe()", "SELECT * FROM app.wipe()", "VALUES (app.wipe())", "TABLE orders ORDER BY app.wipe()",
        "SELECT * FROM ROWS FROM (app.wipe())", "SELECT 1 WHERE app.wipe() > 0",
        "SELECT * FROM orders LEFT JOIN LATERAL app.wipe() w ON true", "SELECT audit('x')",
        "SELECT public.audit(name) FROM customers", "SELECT ('x'::text).audit", "SELECT (name).audit FROM customers",
        "SELECT t.audit FROM (SELECT 'x'::text) t", "SELECT c.spend FROM customers c",
        "SELECT a.lo_unlink FROM unnest(ARRAY[4711::oid]) a", "SELECT ('counter'::regclass).nextval",
        "SELECT (SELECT 'counter'::regclass).nextval", "SELECT noise()",
        "SELECT sum(id) FILTER (WHERE noise() = 4) FROM orders",
        "SELECT noisy_sum(id::int) FROM orders", "SELECT add_noise(1, 2)", "EXPLAIN SELECT app.wipe()",
        "EXPLAIN ANALYZE SELECT audit('x')", "EXPLAIN INSERT INTO log SELECT now(), audit('x')",
        "SELECT count(*) OVER (ORDER BY audit('x')) FROM orders", "SELECT CASE WHEN true THEN audit('x') END",
        "SELECT ARRAY[audit('x')]", "SELECT jsonb_build_object('a', audit('x'))", "SELECT 1 LIMIT app.wipe()",
        // Secrets.
        "SELECT rolpassword FROM pg_authid", "SELECT * FROM pg_catalog.pg_shadow", "TABLE \"pg_authid\"",
        "SELECT * FROM U&\"pg\\005fauthid\"", "SELECT * FROM postgres.pg_catalog.pg_authid",
        "SELECT umoptions FROM pg_user_mapping", "TABLE pg_user_mappings", "SELECT subconninfo FROM pg_subscription",
        "SELECT * FROM pg_hba_file_rules", "SELECT * FROM pg_file_settings", "SELECT data FROM pg_largeobject",
        "SELECT * FROM pg_ident_file_mappings", "SELECT * FROM information_schema.user_mapping_options",
        "SELECT * FROM pg_hba_file_rules()", "SELECT (SELECT rolpassword FROM pg_authid LIMIT 1)",
        "WITH x AS (TABLE pg_authid) SELECT * FROM x", "SELECT 1 FROM orders, LATERAL (SELECT * FROM pg_shadow) s",
        "SHOW primary_conninfo", "SHOW ssl_passphrase_command", "SHOW \"archive_command\"",
        "SELECT current_setting('primary_conninfo')", "SELECT current_setting('PRIMARY_CONNINFO', true)",
        "SELECT current_setting('primary_' || 'conninfo')", "SELECT current_setting(E'primary\\x5fconninfo')",
        "SELECT current_setting('primary' \n '_conninfo')", "SELECT ('primary_conninfo'::text).current_setting",
        "SELECT pg_catalog . current_setting (note) FROM orders", "SELECT current_setting('app.jwt_secret', true)",
        // Attribute notation behind a word that could be the name of a column.
        "SELECT (1 BETWEEN s.nextval AND 5) FROM regclass('counter'::text) AS s",
        "SELECT coalesce('a' BETWEEN s.pg_read_file AND 'b') FROM concat('/etc/passwd') AS s",
        "SELECT xmlparse(CONTENT s.pg_read_file) FROM concat('/etc/hostname') AS s",
        "SELECT (now() AT TIME ZONE s.pg_read_file) FROM concat('/etc/hostname') AS s",
        // A call that stands behind many others, and repeats one that is harmless.
        "SELECT \((0..<300).map { "abs(\($0)), t\($0).a" }.joined(separator: ", ")), current_setting('work_mem'), "
            + "current_setting('app.jwt_secret', true)",
        "SELECT get_raw_page('pg_authid', 0)", "SELECT currtid2('pg_authid', '(0,1)')",
        // Not understood, or not text.
        "", "   ", "-- nothing", "SELECT 'open", "SELECT $$ open", "SELECT /* open", "SELECT \"open", "SELEC 1",
        "SELECT 1)", "SELECT 1\u{0}; DELETE FROM orders",
    ]

    static let shop = Result {
        try ShopDatabase.make(extensions: ["dblink", "tablefunc", "xml2", "pageinspect"])
    }

    @Test("A statement that could change or reveal something is refused, and nothing changes", arguments: statements)
    func refused(_ sql: String) async throws {
        let shop = try Self.shop.get()
        let before = try await shop.state()
        let ending = await Ending { try await shop.database.query(QueryRequest(sql: sql)) }
        #expect(ending.isRefusal, "\(sql): \(ending)")
        #expect(try await shop.state() == before, "\(sql) changed something")
        // With an offset the statement goes into a cursor.
        let paged = await Ending { try await shop.database.query(QueryRequest(sql: sql, offset: 5)) }
        #expect(paged.isRefusal, "\(sql): \(paged)")
    }

    @Test(
        "A condition of count_rows cannot leave its parentheses",
        arguments: [
            "1=1; DELETE FROM orders", "1=1) UNION SELECT 1 FROM pg_authid WHERE (1=1", "true) --", "true /*",
            "audit('x') = 'x'", "id = (SELECT nextval('counter'))", "EXISTS (SELECT FROM pg_authid)", "'open",
            "true) FOR UPDATE --", "id IN (WITH x AS (DELETE FROM orders RETURNING id) SELECT id FROM x)", "",
        ])
    func condition(_ condition: String) async throws {
        let shop = try Self.shop.get()
        let before = try await shop.state()
        let ending = await Ending {
            try await shop.database.count(schema: "public", table: "orders", where: condition)
        }
        #expect(condition.isEmpty ? ending == .answered(rows: 1) : ending.isRefusal, "\(condition): \(ending)")
        #expect(try await shop.state() == before)
    }

    @Test(
        "A name of a table is quoted, whatever it holds",
        arguments: [
            "orders; DELETE FROM orders", "orders\" WHERE audit('x') = 'x", "(SELECT 1)", "pg_authid", "",
        ])
    func tableName(_ table: String) async throws {
        let shop = try Self.shop.get()
        let before = try await shop.state()
        let ending = await Ending { try await shop.database.count(schema: nil, table: table, where: nil) }
        if case .answered = ending { Issue.record("\(table) was counted") }
        #expect(try await shop.state() == before)
    }

    @Test("A refusal names what was found, where, and the setting that would allow it")
    func refusalText() async throws {
        let shop = try Self.shop.get()
        let failure = await #expect(throws: QueryFailure.self) {
            try await shop.database.query(QueryRequest(sql: "SELECT 1,\n  audit('x')"))
        }
        let text = try #require(failure?.description)
        #expect(text.contains("public.audit(text)"))
        #expect(text.contains("line 2, column 3"))
        #expect(text.contains("LINE 2:   audit('x')\n          ^"))
        #expect(text.contains("allow_functions: [public.audit]"))
    }
}
