import Foundation
import MCPProtocol
import TestSupport
import Testing

@Suite("What agentctl query leaves in the audit log")
struct CommandAuditTests {
    private struct Place {
        let folder: String
        let file: String
        let postgres: PostgresFixture

        func run(_ arguments: [String]) async throws -> Program.Outcome {
            try await Program.run("agentctl", arguments + ["--config", file])
        }

        func records(_ arguments: [String] = []) async throws -> [JSONValue] {
            try await run(["audit", "search", "--commands", "--json"] + arguments).output.split(separator: "\n")
                .map { try JSONValue.parse(String($0)) }
        }
    }

    private func withPlace(shop: String? = nil, _ body: (Place) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("audit-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let keys = """
            audit: { file: \(folder)/audit.jsonl }
            state: { directory: \(folder)/state }
            secret_file: \(folder)/secret.key
            """
        try await Program.withConfiguration(shop: shop, further: keys) { file, postgres in
            #expect(try await Program.run("agentctl", ["secret", "init", "--config", file]).status == 0)
            try await body(Place(folder: folder, file: file, postgres: postgres))
        }
    }

    @Test("Each call is a line with its statement, its verdict and who asked, and the chain is whole")
    func lines() async throws {
        try await withPlace { place in
            #expect(try await place.run(["query", "SELECT 41 + 1"]).status == 0)
            #expect(try await place.run(["query", "DROP TABLE nothing"]).status == 1)
            let records = try await place.records()
            #expect(records.map { $0["event"] } == ["file", "call", "call"])
            #expect(records[1]["sql"] == "SELECT 41 + 1" && records[1]["outcome"] == "completed")
            #expect(records[1]["principal"] == "local" && records[1]["tool"] == "agentctl query")
            #expect(records[2]["verdict"] == "refused" && records[2]["sql"] == "DROP TABLE nothing")
            let verified = try await place.run(["audit", "verify", "--commands"])
            #expect(verified.status == 0 && verified.output.contains("3 lines in 1 file"), "\(verified.output)")
            #expect(verified.output.contains("sealed with a key"))
            #expect(try await place.run(["audit", "tail", "--commands"]).output.contains("SELECT 41 + 1"))
        }
    }

    @Test("Several at once are all in the chain, beside an agentd that holds its own log")
    func several() async throws {
        try await withPlace { place in
            let server = Program.process("agentd", ["--config", place.file])
            let (input, output) = (Pipe(), Pipe())
            server.standardInput = input
            server.standardOutput = output
            server.standardError = FileHandle.nullDevice
            try server.run()
            // Its log is open when it answers.
            try input.fileHandleForWriting.write(
                contentsOf: Data("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n".utf8))
            _ = output.fileHandleForReading.availableData
            try await withThrowingTaskGroup(of: Program.Outcome.self) { group in
                for number in 1...6 { group.addTask { try await place.run(["query", "SELECT \(number)"]) } }
                for try await outcome in group {
                    #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
                }
            }
            try input.fileHandleForWriting.close()
            try await Program.blocking { server.waitUntilExit() }
            #expect(try await place.records(["--text", "SELECT"]).count == 6)
            let verified = try await place.run(["audit", "verify"])
            #expect(
                verified.status == 0 && verified.output.contains("the log of agentctl query:\n7 lines"),
                "\(verified.output)")
        }
    }

    @Test("A changed line of it is found, by the verification of both logs too")
    func altered() async throws {
        try await withPlace { place in
            _ = try await place.run(["query", "SELECT 'one'"])
            let log = place.folder + "/audit.jsonl.agentctl"
            let text = try String(contentsOfFile: log, encoding: .utf8).replacing("'one'", with: "'two'")
            try text.write(toFile: log, atomically: false, encoding: .utf8)
            for arguments in [["audit", "verify", "--commands"], ["audit", "verify"]] {
                let verified = try await place.run(arguments)
                #expect(verified.status == 1 && verified.output.contains("NOT as it was written"), "\(verified.output)")
            }
            let json = try await place.run(["audit", "verify", "--json"])
            #expect(try JSONValue.parse(json.output)["commands"]?["sound"] == false)
        }
    }

    @Test("When the log cannot be written a read runs, and says so; a write does not")
    func unwritable() async throws {
        try await withPlace(shop: "allow_writes: true, write_confirmation: client") { place in
            // A folder where the file should be fails for root as well.
            try FileManager.default.createDirectory(
                atPath: place.folder + "/audit.jsonl.agentctl", withIntermediateDirectories: false)
            let read = try await place.run(["query", "SELECT 1"])
            #expect(read.status == 0 && read.errors.contains("this call is not in the audit log"), "\(read.errors)")
        }
    }
}
