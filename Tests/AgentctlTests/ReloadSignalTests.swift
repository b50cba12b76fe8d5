import Foundation
import MCPProtocol
import TestSupport
import Testing

/// `agentd` on pipes whose configuration is changed while it runs.
@Suite("agentd reloads its configuration")
struct ReloadSignalTests {
    /// A running agentd whose answers are read one by one.
    private final class Server: Sendable {
        let process: Process
        private let input = Pipe()
        private let output = Pipe()
        private let errors: URL

        init(_ file: String) throws {
            errors = FileManager.default.temporaryDirectory.appendingPathComponent("log-\(UUID().uuidString)")
            _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
            process = Program.process("agentd", ["--config", file])
            process.standardInput = input
            process.standardOutput = output
            process.standardError = try FileHandle(forWritingTo: errors)
            try process.run()
        }

        deinit { try? FileManager.default.removeItem(at: errors) }

        var log: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }

        func send(_ message: JSONValue) throws {
            try input.fileHandleForWriting.write(contentsOf: Data(message.serialized() + [0x0A]))
        }

        /// The next message, once it is whole.
        func next() async throws -> JSONValue {
            try await Program.blocking { [output] in
                var line: [UInt8] = []
                while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 0x0A {
                    line.append(byte)
                }
                return try JSONValue.parse(line)
            }
        }

        func request(_ id: Int, _ method: String, _ params: JSONObject = [:]) async throws -> JSONValue {
            try send([
                "jsonrpc": "2.0", "id": .integer(Int64(id)), "method": .string(method), "params": .object(params),
            ])
            while true {
                let message = try await next()
                if message["id"] == .integer(Int64(id)) { return message }
            }
        }

        func end() async throws -> Int32 {
            try input.fileHandleForWriting.close()
            return try await Program.blocking { [process] in
                process.waitUntilExit()
                return process.terminationStatus
            }
        }

        /// Waits until something is in the log.
        func until(_ text: String) async throws {
            for _ in 0..<1200 {
                if log.contains(text) { return }
                try await Task.sleep(for: .milliseconds(50))
            }
            throw Program.Failure(what: "no \(text) in the log: \(log)")
        }
    }

    private static func write(_ file: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    }

    @Test("SIGHUP takes over tools and databases and tells the client; a broken file keeps what was")
    func signal() async throws {
        try await Program.withConfiguration { file, _ in
            let server = try Server(file)
            let good = try String(contentsOfFile: file, encoding: .utf8)
            let hello = try await server.request(
                1, "initialize",
                [
                    "protocolVersion": "2025-06-18", "capabilities": [:],
                    "clientInfo": ["name": "test", "version": "1"],
                ])
            #expect(hello["result"]?["capabilities"]?["tools"]?["listChanged"] == true)
            try server.send(["jsonrpc": "2.0", "method": "notifications/initialized"])
            #expect(try await server.request(2, "tools/list")["result"]?["tools"]?.array?.count == 6)

            try Self.write(file, good + "tools: { disabled: [count_rows] }\n")
            kill(server.process.processIdentifier, SIGHUP)
            let told = try await server.next()
            #expect(told["method"] == "notifications/tools/list_changed")
            #expect(try await server.request(3, "tools/list")["result"]?["tools"]?.array?.count == 5)

            try Self.write(file, good + "tools: { disabld: [] }\n")
            kill(server.process.processIdentifier, SIGHUP)
            try await server.until("the configuration was not reloaded")
            #expect(server.log.contains("disabld"))
            let answer = try await server.request(
                4, "tools/call", ["name": "query_database", "arguments": ["query": "SELECT 1"]])
            #expect(answer["result"]?["isError"] != true)
            #expect(!server.log.contains("hunter2"))
            #expect(try await server.end() == 0)
        }
    }

    @Test("A file that is another one is taken over without a signal")
    func watched() async throws {
        try await Program.withConfiguration { file, _ in
            let server = try Server(file)
            let good = try String(contentsOfFile: file, encoding: .utf8)
            // Once it serves, the file that it was started with was read.
            try await server.until("serving MCP")
            try Self.write(file, good.replacingOccurrences(of: "name: down", with: "name: gone"))
            try await server.until("the configuration was reloaded")
            #expect(server.log.contains("\"added\":[\"gone\"]"))
            #expect(server.log.contains("\"removed\":[\"down\"]"))
            #expect(try await server.end() == 0)
        }
    }
}
