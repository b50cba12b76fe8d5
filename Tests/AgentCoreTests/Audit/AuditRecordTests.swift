import AuthTokens
import Foundation
import MCPProtocol
import PGConnector
import Testing

@testable import AgentCore

@Suite("What a line of the audit log says")
struct AuditRecordTests {
    @Test("The address of a resource is kept without its password")
    func subject() {
        var call = GuardedCall(origin: .unknown, database: "shop", sql: "")
        call.subject = "postgres://u:hunter2@h/x?password=hunter3"
        let line = String(decoding: AuditMembers(call, text: .full).bytes, as: UTF8.self)
        #expect(line.contains("postgres://u:***@h/x?password=***"))
    }

    @Test("No character that some readers take for a line end stands raw in a line")
    func lineEnds() throws {
        let sql = "SELECT 'a\u{2028}b\u{2029}c\u{85}d\u{e9}\u{20ac}'"
        let call = GuardedCall(origin: .unknown, database: "shop", sql: sql)
        let line = String(decoding: AuditMembers(call, text: .full).bytes, as: UTF8.self)
        #expect(!line.unicodeScalars.contains { [0x85, 0x2028, 0x2029].contains($0.value) })
        let json = try JSONValue.parse("{" + line + "}")
        #expect(json["sql"]?.string == sql)
    }

    @Test(
        "Passwords are taken out of statements",
        arguments: [
            ("CREATE ROLE a LOGIN PASSWORD 'hunter2'", "CREATE ROLE a LOGIN PASSWORD '***'"),
            (
                "ALTER USER a WITH ENCRYPTED PASSWORD E'hun\\'ter2' VALID UNTIL 'x'",
                "ALTER USER a WITH ENCRYPTED PASSWORD E'***' VALID UNTIL 'x'"
            ),
            ("alter user a password/* new */'hunter2'", "alter user a password/* new */'***'"),
            ("ALTER USER a PASSWORD 'hun'\n  'ter2'; SELECT 'x'", "ALTER USER a PASSWORD '***'\n  '***'; SELECT 'x'"),
            ("ALTER USER a PASSWORD $x$hunter2$x$", "ALTER USER a PASSWORD $x$***$x$"),
            (
                "SELECT dblink('host=h password=hunter2 dbname=d', 'SELECT 1')",
                "SELECT dblink('host=h password=*** dbname=d', 'SELECT 1')"
            ),
            (
                "SELECT dblink('host=h password=''hunter 2'' dbname=d')",
                "SELECT dblink('host=h password=''***'' dbname=d')"
            ),
            ("SELECT dblink_connect('postgres://u:hunter2@h/d')", "SELECT dblink_connect('postgres://u:***@h/d')"),
            (
                "SELECT 'postgresql://u@h:5432/d', 'http://h/a:b@c'",
                "SELECT 'postgresql://u@h:5432/d', 'http://h/a:b@c'"
            ),
            (
                "CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'u', password 'hunter2')",
                "CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'u', password '***')"
            ),
            (
                "CREATE SUBSCRIPTION s CONNECTION 'host=h user=u password=hunter2' PUBLICATION p",
                "CREATE SUBSCRIPTION s CONNECTION 'host=h user=u password=***' PUBLICATION p"
            ),
            ("SELECT set_config('app.password', 'hunter2', true)", "SELECT set_config('app.password', '***', true)"),
            (
                "UPDATE users SET \"password\" = 'hunter2' WHERE id = 'x'",
                "UPDATE users SET \"password\" = '***' WHERE id = 'x'"
            ),
            (
                "DO $$BEGIN EXECUTE 'ALTER USER a PASSWORD ''hunter2'''; END$$",
                "DO $$BEGIN EXECUTE 'ALTER USER a PASSWORD ''***'''; END$$"
            ),
            ("DO $$BEGIN ALTER USER a PASSWORD 'hunter2'; END$$", "DO $$BEGIN ALTER USER a PASSWORD '***'; END$$"),
            ("SELECT 1 -- password=hunter2\n, 2", "SELECT 1 -- password=***\n, 2"),
        ])
    func masked(sql: String, kept: String) {
        let masked = StatementMask.masked(sql)
        #expect(masked.text == kept)
        #expect(masked.hidAnything == (sql != kept))
        #expect(!masked.text.contains("hunter"))
    }

    @Test(
        "Nothing that runs can be hidden behind a word",
        arguments: [
            "SELECT password, evil() FROM users", "SELECT password = evil() FROM users",
            "SELECT password=''||evil()||''",
            "SELECT $$password '$$ || evil() || $$'$$", "SELECT 'password', evil(), 'x'", "SELECT 'password'\n=evil()",
            "SELECT 'a\\' AS password, evil(), ''", "SELECT /* password = ' */ evil() /* ' */",
            "SELECT e'password = \\'' || evil() || '\\''", "SELECT \"password\" , evil( 'x' )",
            "SELECT a$password$, evil(), $password$",
            "SELECT U&'password' , evil()",
        ])
    func nothingThatRuns(sql: String) {
        #expect(StatementMask.masked(sql).text.contains("evil("))
    }

    @Test(
        "Masking takes linear time",
        arguments: ["://", "password=", "password '", "$a$", "/*", "''", "e'\\", "password $a"])
    func linear(piece: String) {
        let sql = String(repeating: piece, count: 400_000 / piece.utf8.count)
        #expect(!StatementMask.masked(sql).text.isEmpty)
    }

    @Test("A line keeps as much of the statement as it is told to")
    func statementText() async throws {
        for text in AuditConfiguration.StatementText.allCases {
            let fixture = try AuditFixture()
            let audit = try fixture.open(text: text)
            await audit.finished(AuditFixture.call("SELECT 'é\u{1B}[31m'"))
            await audit.close()
            let record = try fixture.objects()[2]
            #expect(record.string("sql") == (text == .full ? "SELECT 'é\u{1B}[31m'" : nil))
            #expect(
                record.string("sqlSha256")
                    == (text == .digest ? Digest.hexadecimal(Digest.sha256("SELECT 'é\u{1B}[31m'".utf8)) : nil))
            #expect(!(try fixture.read().contains(0x1B)))
        }
    }

    @Test("A long statement is cut, which is said, with the digest of the whole")
    func longStatement() async throws {
        let fixture = try AuditFixture()
        let audit = try fixture.open()
        let sql = "SELECT '" + String(repeating: "é", count: 100_000) + "'"
        await audit.finished(AuditFixture.call(sql))
        await audit.finished(AuditFixture.call(String(repeating: "\u{1}", count: 100_000)))
        await audit.close()
        let record = try fixture.objects()[2]
        let kept = try #require(record.string("sql"))
        #expect(kept.utf8.count <= AuditMembers.longestStatement + 3)
        #expect(kept.hasSuffix("é…"))
        #expect(record.integer("sqlBytes") == sql.utf8.count)
        #expect(record.string("sqlSha256") == Digest.hexadecimal(Digest.sha256(sql.utf8)))
        #expect(fixture.verify().findings == [])
    }

    @Test("Every part of a call is in its line")
    func everyPart() async throws {
        let fixture = try AuditFixture()
        let audit = try fixture.open()
        var call = AuditFixture.call("DELETE FROM orders")
        call.origin.tokenID = "tok_1"
        call.verdict = .write
        call.kinds = ["DELETE"]
        call.approvalID = "ap_1"
        call.start = UTCTime(microseconds: 1_795_367_388_123_456)
        call.duration = .microseconds(1500)
        try await audit.willWrite(call)
        call.failed(.server(.init(severity: "ERROR", sqlState: "23503", message: "row secret"), sql: call.sql))
        await audit.finished(call)
        await audit.close()
        let records = try fixture.objects()
        #expect(records[2].string("event") == "write")
        #expect(records[2].string("outcome") == nil)
        let line = records[3]
        let texts = [
            "event": "call", "time": "2026-11-22T17:09:48.123456Z", "requestId": "1", "principal": "local",
            "tokenId": "tok_1", "client": "test/1", "tool": "query_database", "database": "shop", "verdict": "write",
            "sql": "DELETE FROM orders", "approvalId": "ap_1", "outcome": "failed", "reason": "server_error",
            "sqlstate": "23503",
        ]
        for (key, value) in texts { #expect(line.string(key) == value, "\(key)") }
        #expect(line.integer("seq") == 4)
        #expect(line.integer("durationUs") == 1500)
        #expect(!line.text.contains("row secret"))
    }

    @Test("Conditions of a search")
    func filter() {
        func matches(_ filter: AuditFilter) -> Bool {
            let line =
                #"{"seq":1,"time":"2026-11-22T10:00:00.000000Z","database":"shop","principal":"u1","principalName":"Ada","#
                + #""verdict":"read","outcome":"completed","sql":"SELECT Name FROM t","durationUs":77}"#
            return filter.matches(AuditRecord(Array(line.utf8)[...]))
        }
        #expect(matches(AuditFilter()))
        #expect(matches(AuditFilter(database: "shop", principal: "Ada", verdict: "read", outcome: "completed")))
        #expect(matches(AuditFilter(principal: "u1", text: "name from")))
        #expect(!matches(AuditFilter(database: "other")))
        #expect(!matches(AuditFilter(text: "77")))
        #expect(matches(AuditFilter(since: UTCTime("2026-11-22"), until: UTCTime("2026-11-23"))))
        #expect(!matches(AuditFilter(since: UTCTime("2026-11-22T10:00:01"))))
        #expect(!matches(AuditFilter(until: UTCTime("2026-11-22T10:00:00Z"))))
    }
}
