import SQLClassifier
import Testing

@testable import AgentCore

@Suite("Planning a write")
struct WritePlanTests {
    private func plan(_ sql: String, dryRun: Bool = false) throws -> WritePlan {
        try WritePlan(sql, SQLClassifier.classify(sql), dryRun: dryRun)
    }

    private func refusal(_ sql: String, dryRun: Bool = false) throws -> String {
        let failure = #expect(throws: QueryFailure.self) { _ = try plan(sql, dryRun: dryRun) }
        return try #require(failure).description
    }

    @Test("Statements are cut where the server would cut them, without a byte changed")
    func cutting() throws {
        let sql = " INSERT INTO t VALUES (';') ;; -- x;\n/* ; */ DELETE FROM ü WHERE a = $$;$$ ; "
        let found = try plan(sql)
        #expect(found.steps.map(\.sql) == ["INSERT INTO t VALUES (';')", "DELETE FROM ü WHERE a = $$;$$"])
        #expect(found.steps.map(\.charactersBefore) == [1, 45])
        #expect(found.kinds == ["INSERT", "DELETE"])
        #expect(!found.isAlone)
    }

    @Test(
        "What steers the transaction or needs the session is refused",
        arguments: [
            "BEGIN", "START TRANSACTION", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT a", "RELEASE a",
            "ROLLBACK TO a", "PREPARE TRANSACTION 'x'", "COMMIT PREPARED 'x'", "ROLLBACK PREPARED 'x'",
            "SET TRANSACTION READ ONLY", "SET LOCAL TRANSACTION READ ONLY",
        ])
    func transactions(_ sql: String) throws {
        for text in [sql, "INSERT INTO t VALUES (1); \(sql)", "\(sql); INSERT INTO t VALUES (1)"] {
            let message = try refusal(text)
            #expect(message.contains("Nothing was run"))
            #expect(message.contains("transaction") || message.contains("session"))
        }
    }

    @Test(
        "What would be of use only in a session that goes on is refused",
        arguments: [
            "SET work_mem = '1MB'", "SET SESSION work_mem = 1", "SET ROLE postgres", "SET SESSION AUTHORIZATION x",
            "RESET ALL", "DISCARD ALL", "PREPARE p AS DELETE FROM t", "EXECUTE p", "DEALLOCATE p", "LISTEN c",
            "UNLISTEN *", "DECLARE c CURSOR FOR SELECT 1", "FETCH c", "CLOSE c", "LOAD 'x'",
        ])
    func sessions(_ sql: String) throws {
        #expect(try refusal(sql).hasPrefix("Refused: "))
        #expect(try refusal("INSERT INTO t VALUES (1); \(sql)").contains("LINE 1"))
    }

    @Test(
        "Data does not travel by COPY",
        arguments: ["COPY t FROM STDIN", "COPY t TO STDOUT", "copy (select 1) to stdout"])
    func copy(_ sql: String) throws {
        #expect(try refusal(sql).contains("client"))
    }

    @Test("What lasts for the transaction may be part of it")
    func allowed() throws {
        let sql = """
            SET LOCAL lock_timeout = '1s'; SET CONSTRAINTS ALL DEFERRED; LOCK TABLE t; NOTIFY c, 'x'; DELETE FROM t; SELECT 1
            """
        #expect(try plan(sql).steps.count == 6)
    }

    @Test(
        "What cannot run in a transaction runs alone",
        arguments: [
            "VACUUM", "VACUUM (FULL) t", "CREATE DATABASE d", "DROP DATABASE d", "ALTER SYSTEM SET a = 1",
            "CREATE INDEX CONCURRENTLY i ON t (a)", "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)",
            "DROP INDEX CONCURRENTLY i", "REINDEX INDEX CONCURRENTLY i", "REINDEX (CONCURRENTLY) TABLE t",
            "REINDEX DATABASE d", "CREATE TABLESPACE x LOCATION '/x'", "DROP TABLESPACE x", "CLUSTER",
            "CLUSTER VERBOSE",
            "ALTER DATABASE d SET TABLESPACE x", "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
            "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", "DROP SUBSCRIPTION s",
        ])
    func alone(_ sql: String) throws {
        #expect(try plan(sql).isAlone)
        #expect(try refusal("INSERT INTO t VALUES (1); \(sql)").contains("send it alone"))
        #expect(try refusal(sql, dryRun: true).contains("no dry run"))
    }

    @Test(
        "What a rollback leaves outside of the database has no dry run",
        arguments: [
            "COPY t TO '/tmp/t'", "COPY (SELECT 1) TO PROGRAM 'sh'", "COPY t (a) FROM PROGRAM 'sh'",
            "INSERT INTO t VALUES (1); COPY t TO '/tmp/t'",
        ])
    func outside(_ sql: String) throws {
        #expect(try plan(sql).steps.last?.kind == "COPY")
        #expect(try refusal(sql, dryRun: true).contains("no dry run"))
        #expect(try !plan("COPY t FROM '/tmp/t' WHERE a > 1", dryRun: true).isAlone)
    }

    @Test("A procedure may commit by itself, so that alone it runs outside of a transaction; with others it does not")
    func procedures() throws {
        #expect(try plan("CALL p()").isAlone)
        #expect(try plan("DO $$BEGIN END$$").isAlone)
        #expect(try !plan("CALL p(); CALL p()").isAlone)
        #expect(try !plan("CALL p()", dryRun: true).isAlone)
    }

    @Test(
        "Everything else runs in a transaction",
        arguments: [
            "INSERT INTO t VALUES (1)", "CREATE INDEX i ON t (a)", "DROP INDEX i", "REINDEX TABLE t",
            "CLUSTER t USING i",
            "ALTER DATABASE d SET work_mem = 1", "TRUNCATE t", "REFRESH MATERIALIZED VIEW CONCURRENTLY v", "ANALYZE",
            "FROBNICATE x", "ALTER TABLE t DETACH PARTITION p",
        ])
    func inTransaction(_ sql: String) throws {
        #expect(try !plan(sql).isAlone)
    }

    @Test(
        "What cannot be read is refused",
        arguments: [
            "", ";", "-- x", "DELETE FROM t WHERE a = 'x", "DELETE FROM t /* x", "DELETE FROM \"t", "DELETE \\",
        ])
    func unreadable(_ sql: String) throws {
        #expect(try refusal(sql).contains("Nothing was run"))
    }

    @Test("Too much to be read by a person is refused, not cut")
    func tooLong() throws {
        let long = "DELETE FROM t WHERE a = '" + String(repeating: "x", count: WritePlan.maximumBytes) + "'"
        #expect(try refusal(long).contains("32768"))
        #expect(try refusal(String(repeating: "DELETE FROM t;", count: 201)).contains("201 statements"))
    }

    @Test("Several reads are no write")
    func reads() throws {
        #expect(try refusal("SELECT 1; SELECT 2").contains("one at a time"))
    }
}
