import Foundation
import TestSupport
import Testing

@Suite("agentctl query and db test")
struct QueryCommandTests {
    private func query(_ arguments: [String], input: String = "") async throws -> Program.Outcome {
        try await Program.withConfiguration { file, _ in
            try await Program.run("agentctl", ["query", "--config", file] + arguments, input: input)
        }
    }

    @Test("A table is printed as psql prints it, with the number of rows")
    func table() async throws {
        let outcome = try await query(["SELECT n, 'n' || n AS name, NULL AS \"nothing\" FROM generate_series(9, 10) n"])
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        #expect(
            outcome.output == """
                 n  | name | nothing
                ----+------+---------
                  9 | n9   | NULL
                 10 | n10  | NULL
                (2 rows)

                """)
    }

    @Test(
        "Each format prints the rows",
        arguments: [
            ("csv", "a,b\n1.10,\n"), ("vertical", "-[ RECORD 1 ]-\na | 1.10\nb | NULL\n(1 row)\n"),
        ])
    func formats(format: String, expected: String) async throws {
        let outcome = try await query(["--format", format, "SELECT 1.10 AS a, NULL AS b"])
        #expect(outcome.status == 0)
        #expect(outcome.output == expected)
    }

    @Test("JSON keeps numbers exact and NULL apart from the empty string")
    func json() async throws {
        let outcome = try await query([
            "--format", "json", "SELECT 9223372036854775807 AS a, 1.10 AS b, NULL AS c, '' AS d",
        ])
        #expect(outcome.output.contains("\"rows\":[[9223372036854775807,1.10,null,\"\"]]"))
    }

    @Test("SQL is read from standard input, and what was cut is said with how to go on")
    func inputAndLimit() async throws {
        let arguments = ["--limit", "2", "--offset", "1", "-"]
        let outcome = try await query(arguments, input: "SELECT n FROM generate_series(1, 9) n ORDER BY n")
        #expect(outcome.status == 0)
        #expect(
            outcome.output.hasPrefix(
                " n\n---\n 2\n 3\n(2 rows; more rows exist, cut at the row limit; go on with --offset 3"))
    }

    @Test("A file is written, for its owner alone")
    func output() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("rows-\(UUID().uuidString).csv")
        defer { try? FileManager.default.removeItem(at: file) }
        let outcome = try await query(["-f", "csv", "-o", file.path, "SELECT 1 AS a"])
        #expect(outcome.status == 0 && outcome.output == "")
        #expect(try String(contentsOf: file, encoding: .utf8) == "a\n1\n")
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test(
        "A refusal or a failure is status 1 with the reason, a wrong call status 2",
        arguments: [
            (["CREATE TABLE x ()"], 1, "read-only"), (["SELECT 1; SELECT 2"], 1, "Refused"),
            (["SELECT nothing"], 1, "42703"), (["-d", "down", "SELECT 1"], 1, "not available"),
            (["-d", "shp", "SELECT 1"], 2, "Did you mean \"shop\"?"), (["--limit", "0", "SELECT 1"], 2, "--limit"),
            (["--limit", "-1", "SELECT 1"], 2, "--limit must be at least 1"),
            (["--offset", "-1", "SELECT 1"], 2, "--offset must not be negative"),
            (["-f", "jsn", "SELECT 1"], 2, "did you mean json?"),
            (
                ["-d", "down", "--db-user", "x", "SELECT 1"], 2,
                "--db-user means the first database, shop, and not down"
            ),
            (["--formt", "csv", "SELECT 1"], 2, "--format"), ([], 2, "sql"),
            (["-o", "/nonexistent/file", "SELECT 1"], 1, "cannot be written"),
        ] as [([String], Int32, String)])
    func failures(arguments: [String], status: Int32, text: String) async throws {
        let outcome = try await query(arguments)
        #expect(outcome.status == status)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains(text), "\(outcome.errors)")
    }

    @Test("A file that exists is replaced by rows, and kept by a failure")
    func replacing() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("rows-\(UUID().uuidString).csv")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("older and longer than the rows\n".utf8).write(to: file)
        #expect(try await query(["-f", "csv", "-o", file.path, "SELECT nothing"]).status == 1)
        #expect(try String(contentsOf: file, encoding: .utf8) == "older and longer than the rows\n")
        #expect(try await query(["-f", "csv", "-o", file.path, "SELECT 1 AS a"]).status == 0)
        #expect(try String(contentsOf: file, encoding: .utf8) == "a\n1\n")
    }

    @Test("Values that steer a terminal are shown escaped")
    func hostile() async throws {
        let outcome = try await query(["SELECT E'\\x1b[2J' AS \"a\u{1B}[1m\""])
        #expect(!outcome.output.contains("\u{1B}"))
        #expect(outcome.output.contains("\\x1B[2J") && outcome.output.contains("a\\x1B[1m"))
    }

    @Test("db test warns of allowances that allow nothing")
    func allowances() async throws {
        try await Program.withConfiguration(shop: "allow_functions: [public.nothing, pg_catalog.lo_get]") { file, _ in
            let outcome = try await Program.run("agentctl", ["db", "test", "--config", file, "shop"])
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("warning: allow_functions: \"public.nothing\": there is no function"))
            #expect(!outcome.output.contains("lo_get"))
        }
    }

    @Test("db test tells of each database, fails when one is down, and prints no password")
    func databases() async throws {
        try await Program.withConfiguration { file, _ in
            let all = try await Program.run("agentctl", ["db", "test", "--config", file])
            #expect(all.status == 1)
            #expect(all.output.contains("shop: ok\n") && all.output.contains("down: FAILED\n"))
            #expect(all.output.contains("warning: the role may do more than read (superuser"))
            #expect(!(all.output + all.errors).contains("hunter2"))
            #expect(all.output.contains("port 1 failed: Connection refused") && !all.output.contains("PGError"))
            let one = try await Program.run("agentctl", ["db", "test", "--config", file, "--json", "shop"])
            #expect(one.status == 0)
            let report = try JSONDecoder().decode([Report].self, from: Data(one.output.utf8))
            #expect(report.map(\.name) == ["shop"])
            #expect(report.first?.ok == true && report.first?.readOnly == true && report.first?.encrypted == false)
            let unknown = try await Program.run("agentctl", ["db", "test", "--config", file, "shp"])
            #expect(unknown.status == 2 && unknown.errors.contains("Did you mean \"shop\"?"))
        }
    }

    private struct Report: Decodable {
        var name: String
        var ok: Bool
        var readOnly: Bool
        var encrypted: Bool
    }
}
