import Testing

@testable import SQLClassifier

@Suite("Command tags")
struct CommandTagTests {
    @Test(
        "Every statement has PostgreSQL's tag and its effect",
        arguments: [
            ("SELECT 1", "SELECT", .read), ("SHOW a", "SHOW", .read), ("SELECT 1 INTO x", "SELECT INTO", .ddl),
            ("SELECT 1 FOR NO KEY UPDATE", "SELECT FOR NO KEY UPDATE", .write),
            ("INSERT INTO t VALUES (1)", "INSERT", .write),
            ("WITH x AS (SELECT 1) MERGE INTO t USING x ON true WHEN MATCHED THEN DELETE", "MERGE", .write),
            ("TRUNCATE t", "TRUNCATE TABLE", .write),
            ("CREATE TABLE t (a int GENERATED ALWAYS AS (1) STORED)", "CREATE TABLE", .ddl),
            ("CREATE TEMP TABLE t (a) WITH (x) ON COMMIT DROP AS SELECT 1", "CREATE TABLE AS", .ddl),
            ("CREATE OR REPLACE TEMPORARY RECURSIVE VIEW v AS SELECT 1", "CREATE VIEW", .ddl),
            ("CREATE MATERIALIZED VIEW v AS SELECT 1", "CREATE MATERIALIZED VIEW", .ddl),
            ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", "REFRESH MATERIALIZED VIEW", .maintenance),
            ("CREATE UNIQUE INDEX CONCURRENTLY ON t (a)", "CREATE INDEX", .ddl),
            ("CREATE CONSTRAINT TRIGGER x AFTER INSERT ON t EXECUTE FUNCTION f()", "CREATE TRIGGER", .ddl),
            ("CREATE TEXT SEARCH PARSER p (a = b)", "CREATE TEXT SEARCH PARSER", .ddl),
            ("CREATE FOREIGN DATA WRAPPER x", "CREATE FOREIGN DATA WRAPPER", .ddl),
            ("CREATE USER x", "CREATE ROLE", .ddl),
            ("CREATE USER MAPPING FOR x SERVER y", "CREATE USER MAPPING", .ddl),
            ("CREATE TRUSTED LANGUAGE x", "CREATE LANGUAGE", .ddl),
            ("CREATE DEFAULT CONVERSION c FOR 'a' TO 'b' FROM f", "CREATE CONVERSION", .ddl),
            ("CREATE ACCESS METHOD x", "CREATE ACCESS METHOD", .ddl),
            ("ALTER TABLE t ADD a int", "ALTER TABLE", .ddl),
            ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO x", "ALTER DEFAULT PRIVILEGES", .ddl),
            ("ALTER SYSTEM SET a = 1", "ALTER SYSTEM", .maintenance),
            ("ALTER LARGE OBJECT 1 OWNER TO x", "ALTER LARGE OBJECT", .ddl),
            ("ALTER OPERATOR FAMILY a USING b ADD x", "ALTER OPERATOR FAMILY", .ddl),
            ("DROP OWNED BY x", "DROP OWNED", .ddl),
            ("DROP EVENT TRIGGER x", "DROP EVENT TRIGGER", .ddl), ("DROP GROUP x", "DROP ROLE", .ddl),
            ("GRANT a TO b", "GRANT ROLE", .ddl),
            ("GRANT SELECT ON t TO b", "GRANT", .ddl), ("REVOKE a FROM b", "REVOKE ROLE", .ddl),
            ("COMMENT ON TABLE t IS 'x'", "COMMENT", .ddl),
            ("SET a = 1", "SET", .session), ("SET TRANSACTION READ WRITE", "SET", .transaction),
            ("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS", .transaction),
            ("RESET ALL", "RESET", .session), ("BEGIN", "BEGIN", .transaction),
            ("START TRANSACTION", "START TRANSACTION", .transaction),
            ("END", "COMMIT", .transaction), ("ABORT", "ROLLBACK", .transaction),
            ("ROLLBACK PREPARED 'x'", "ROLLBACK PREPARED", .transaction),
            ("COMMIT PREPARED 'x'", "COMMIT PREPARED", .transaction),
            ("PREPARE TRANSACTION 'x'", "PREPARE TRANSACTION", .transaction),
            ("PREPARE p AS DELETE FROM t", "PREPARE", .session), ("EXECUTE p(1)", "EXECUTE", .procedural),
            ("DO $$ $$", "DO", .procedural),
            ("CALL p()", "CALL", .procedural), ("DEALLOCATE PREPARE ALL", "DEALLOCATE ALL", .session),
            ("CLOSE ALL", "CLOSE CURSOR ALL", .session),
            ("DECLARE c CURSOR FOR SELECT 1", "DECLARE CURSOR", .session), ("FETCH 1 FROM c", "FETCH", .session),
            ("MOVE c", "MOVE", .session),
            ("LISTEN x", "LISTEN", .session), ("NOTIFY x", "NOTIFY", .session), ("UNLISTEN *", "UNLISTEN", .session),
            ("LOCK t", "LOCK TABLE", .session),
            ("DISCARD TEMPORARY", "DISCARD TEMP", .session), ("COPY t FROM STDIN", "COPY", .copy),
            ("COPY (SELECT 1) TO PROGRAM 'x'", "COPY", .copy),
            ("VACUUM", "VACUUM", .maintenance), ("ANALYSE t", "ANALYZE", .maintenance),
            ("CHECKPOINT", "CHECKPOINT", .maintenance),
            ("LOAD 'x'", "LOAD", .maintenance), ("CLUSTER", "CLUSTER", .maintenance),
            ("REINDEX TABLE t", "REINDEX", .maintenance),
            ("IMPORT FOREIGN SCHEMA a FROM SERVER b INTO c", "IMPORT FOREIGN SCHEMA", .ddl),
            ("SECURITY LABEL ON TABLE t IS 'x'", "SECURITY LABEL", .ddl),
            ("REASSIGN OWNED BY a TO b", "REASSIGN OWNED", .ddl), ("SAVEPOINT a", "SAVEPOINT", .transaction),
            ("RELEASE a", "RELEASE", .transaction),
            ("frobnicate", "", .unknown),
        ] as [(String, String, Effect)])
    func tags(sql: String, tag: String, effect: Effect) {
        let verdict = SQLClassifier.classify(sql)
        #expect(verdict.statements.map(\.commandTag) == [tag])
        #expect(verdict.effect == effect)
        #expect(verdict.isReadOnly == (effect == .read))
    }

    @Test(
        "Statements are split where the server splits them",
        arguments: [
            ("SELECT 1; SELECT 2;", 2), (";;", 0), ("SELECT ';'; SELECT $$;$$ -- ;\n", 2),
            (
                "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END; SELECT 1",
                2
            ),
            ("CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC END; DROP TABLE t", 2),
            ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 AS case; END; DROP TABLE t", 2),
            ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT a case; SELECT 1 end; END; DROP TABLE t", 2),
            ("CREATE FUNCTION f() RETURNS int RETURN CASE WHEN true THEN 1 END; DROP TABLE t", 2),
            ("CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b); SELECT 1", 2),
            ("CREATE SCHEMA s CREATE TABLE t (a int) CREATE VIEW v AS SELECT 1; SELECT 1", 2),
            ("BEGIN; END; SELECT 1", 3), ("CREATE TABLE begin (atomic int); SELECT 1", 2),
        ])
    func splits(sql: String, count: Int) {
        let verdict = SQLClassifier.classify(sql)
        #expect(verdict.statements.count == count)
        #expect(!verdict.isReadOnly)
    }

    @Test("A statement knows its bytes")
    func ranges() {
        let sql = " SELECT 1 /* a */ ; -- b\n DROP TABLE t  "
        let ranges = SQLClassifier.classify(sql).statements.map(\.range)
        #expect(ranges == [1..<9, 26..<38])
    }
}
