import Foundation
import MCPProtocol
import TestSupport
import Testing

/// `agentd` as a process on pipes, as a desktop client runs it.
@Suite("agentd over standard input and output")
struct ServeTests {
    /// A running agentd, spoken to line by line.
    private struct Server: Sendable {
        let process: Process
        let input = Pipe()
        let output = Pipe()
        let errors = Pipe()

        init(_ arguments: [String], environment: [String: String] = [:]) throws {
            process = Program.process("agentd", arguments)
            process.environment?.merge(environment) { $1 }
            process.standardInput = input
            process.standardOutput = output
            process.standardError = errors
            try process.run()
        }

        func send(_ id: Int, _ method: String, _ params: JSONObject = [:]) throws {
            var params = params
            params["_meta"] = [
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": [:],
            ]
            let message: JSONValue = [
                "jsonrpc": "2.0", "id": .integer(Int64(id)), "method": .string(method), "params": .object(params),
            ]
            try input.fileHandleForWriting.write(contentsOf: Data(message.serialized() + [0x0A]))
        }

        func query(_ id: Int, _ sql: String, database: String = "shop") throws {
            try send(
                id, "tools/call",
                ["name": "query_database", "arguments": ["query": .string(sql), "database": .string(database)]])
        }

        /// Ends the input, and waits for the end: the status, and each line of the output.
        func finish() async throws -> (status: Int32, messages: [JSONValue], log: String) {
            try input.fileHandleForWriting.close()
            return try await rest()
        }

        /// Waits for the end.
        func rest() async throws -> (status: Int32, messages: [JSONValue], log: String) {
            try await Program.blocking {
                let text = output.fileHandleForReading.readDataToEndOfFile()
                let log = errors.fileHandleForReading.readDataToEndOfFile()
                process.waitUntilExit()
                let lines = text.split(separator: 0x0A)
                return (
                    process.terminationStatus, try lines.map { try JSONValue.parse($0) },
                    String(decoding: log, as: UTF8.self)
                )
            }
        }
    }

    @Test("What is in flight at the end of the input is answered, and the process ends with 0")
    func endOfInput() async throws {
        try await Program.withConfiguration { file, _ in
            let server = try Server(["--config", file])
            try server.send(1, "tools/list")
            try server.query(2, "SELECT pg_sleep(0.5)")
            let (status, messages, log) = try await server.finish()
            #expect(status == 0)
            #expect(messages.count == 2)
            #expect(messages.first { $0["id"] == 1 }?["result"]?["tools"]?.array?.count == 6)
            #expect(messages.first { $0["id"] == 2 }?["result"]?["structuredContent"]?["rowCount"] == 1)
            for line in log.split(separator: "\n") { #expect(throws: Never.self) { try JSONValue.parse(String(line)) } }
        }
    }

    @Test(
        "A text from the database is not in the log, where it could begin a line or steer its reader's terminal",
        arguments: ["text", "json"])
    func hostileLog(format: String) async throws {
        try await Program.withConfiguration { file, _ in
            let server = try Server(["--config", file], environment: ["AGENTD_TELEMETRY_LOG_FORMAT": format])
            let hostile = "x\\n2026-01-01T00:00:00.000Z error agentd: forged\\x1b[2J\\u009b2J\\u202e\\u2028"
            try server.query(1, "SELECT E'\(hostile)'::int")
            try server.query(2, "SELECT 1 AS \"a\u{1B}]0;t\u{7}\u{202E}\" FROM no_such")
            let (status, messages, log) = try await server.finish()
            #expect(status == 0)
            #expect(messages.count == 2)
            #expect(log.contains("22P02") && !log.contains("forged"))
            for line in log.split(separator: "\n") {
                #expect(!line.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) })
                #expect(!line.unicodeScalars.contains { ["\u{202E}", "\u{2028}"].contains($0) })
                if format == "json" { #expect(throws: Never.self) { try JSONValue.parse(String(line)) } }
            }
        }
    }

    @Test("SIGTERM and SIGINT let what is in flight finish, and end the process with 0", arguments: [SIGTERM, SIGINT])
    func signal(number: Int32) async throws {
        try await Program.withConfiguration { file, postgres in
            let server = try Server(["--config", file])
            let marker = "signal \(number)"
            try server.query(1, "SELECT pg_sleep(6) AS \"\(marker)\"")
            try await Self.until(postgres, "query LIKE '%\(marker)%' AND state = 'active'")
            kill(server.process.processIdentifier, number)
            let (status, messages, _) = try await server.rest()
            #expect(status == 0)
            #expect(messages.first?["result"]?["structuredContent"]?["rowCount"] == 1)
        }
    }

    @Test("A database that is down at the start is no reason not to serve")
    func down() async throws {
        try await Program.withConfiguration { file, _ in
            let server = try Server(["--config", file])
            try server.query(1, "SELECT 1", database: "down")
            try server.query(2, "SELECT 1")
            let (status, messages, log) = try await server.finish()
            #expect(status == 0)
            #expect(messages.first { $0["id"] == 1 }?["result"]?["isError"] == true)
            #expect(messages.first { $0["id"] == 2 }?["result"]?["structuredContent"]?["rowCount"] == 1)
            #expect(log.contains("unavailable") && !log.contains("hunter2"))
        }
    }

    @Test("A tool that does not exist cannot be disabled: the process ends with 2 before it serves")
    func disabled() async throws {
        let postgres = try await Program.blocking { try PostgresFixture.shared() }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("agentd-\(UUID().uuidString).yaml")
        let text = "databases: [{ name: shop, host: \(postgres.directory) }]\ntools: { disabled: [query_databse] }\n"
        try text.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let outcome = try await Program.run("agentd", ["--config", file.path])
        #expect(outcome.status == 2)
        #expect(
            outcome.errors.hasSuffix(
                ":2:21: tools.disabled: expected the name of a tool; found \"query_databse\"; did you mean query_database?\n"
            ))
        #expect(outcome.output == "")
    }

    /// Waits until a session of the server is in a state.
    private static func until(_ postgres: PostgresFixture, _ condition: String) async throws {
        for _ in 0..<1200 {
            let count = try await Program.blocking {
                try postgres.psql(
                    "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND \(condition)")
            }
            if count != "0" { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Program.Failure(what: "no session with \(condition)")
    }
}
