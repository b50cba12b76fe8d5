import AuthTokens
import Foundation
import MCPProtocol
import Synchronization
import TestSupport
import Testing

@testable import AgentServer

/// `agentd --http` as a process.
@Suite("agentd over HTTP")
struct AgentdHTTPTests {
    /// A running agentd whose log is read as it is written.
    private final class Agentd: Sendable {
        let process = Process()
        /// A file rather than a pipe: no other process that was started meanwhile holds it open.
        private let file = FileManager.default.temporaryDirectory.appendingPathComponent("log-\(UUID().uuidString)")

        init(_ arguments: [String], environment: [String: String] = [:]) throws {
            process.executableURL = URL(fileURLWithPath: try BuiltPrograms.path("agentd"))
            process.arguments = arguments
            process.environment = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }
            process.currentDirectoryURL = URL(fileURLWithPath: "/")
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try Data().write(to: file)
            process.standardError = try FileHandle(forWritingTo: file)
            try process.run()
        }

        deinit {
            Evidence.log(log, from: "agentd-http")
            try? FileManager.default.removeItem(at: file)
        }

        var log: String { (try? String(contentsOf: file, encoding: .utf8)) ?? "" }

        /// The statuses of the requests at a path, one for each that the server took up.
        func statuses(of route: String) throws -> [Int64] {
            try log.split(separator: "\n").compactMap { line in
                let entry = try JSONValue.parse(String(line))
                guard entry["message"] == "request", entry["route"]?.string == route else { return nil }
                return entry["status"]?.description.split(separator: "\"").first.flatMap { Int64($0) }
            }
        }

        /// The port that the log names.
        func port() async throws -> Int {
            for _ in 0..<1200 {
                for line in log.split(separator: "\n") {
                    guard let object = try? JSONValue.parse(String(line)),
                        object["message"]?.string?.hasPrefix("serving MCP over HTTP") == true,
                        let address = object["listen"]?.array?.first?.string,
                        let port = address.split(separator: ":").last.flatMap({ Int($0) })
                    else { continue }
                    return port
                }
                if !process.isRunning { break }
                try await Task.sleep(for: .milliseconds(50))
            }
            throw TestFailure("agentd does not serve: \(log)")
        }

        /// Waits for the end.
        func status() async throws -> Int32 {
            while process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
            return process.terminationStatus
        }
    }

    /// What several clients count together.
    private final class Tally: Sendable {
        let answered = Mutex(0)
    }

    private static func withConfiguration<Value>(
        _ http: String, _ body: (String, PostgresFixture) async throws -> Value
    ) async throws -> Value {
        let postgres = try await RunningServer.blocking { try PostgresFixture.shared() }
        return try await withFolder { folder in
            let text = """
                http: \(http)
                databases:
                  - { name: shop, host: \(postgres.directory), port: \(postgres.port), database: postgres, user: \(postgres.superuser) }
                telemetry: { metrics_listen: "127.0.0.1:0" }
                shutdown_grace: 20s

                """
            let file = folder + "/agentd.yaml"
            _ = FileManager.default.createFile(
                atPath: file, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
            return try await body(file, postgres)
        }
    }

    /// Runs agentd to its end.
    private static func refused(_ arguments: [String], http: String = "{}") async throws -> (Int32, String) {
        try await withConfiguration(http) { file, _ in
            let agentd = try Agentd(["--config", file, "--http"] + arguments)
            return (try await agentd.status(), agentd.log)
        }
    }

    @Test(
        "What would be dangerous is refused with 78, and what to do instead",
        arguments: [
            (["--listen", "0.0.0.0:0"], "--listen: 0.0.0.0:0 is not this machine alone"),
            (["--listen", "[::]:0"], "--listen: [::]:0 is not this machine alone"),
            (["--listen", "0.0.0.0:0", "--no-auth"], "--no-auth: without authentication everybody"),
        ])
    func dangerous(arguments: [String], words: String) async throws {
        let (status, log) = try await Self.refused(arguments)
        #expect(status == 78, "\(log)")
        #expect(log.contains(words), "\(log)")
    }

    @Test(
        "What cannot be understood is refused with 2, with where it stands",
        arguments: [
            (["--tls-cert", "/nowhere/c.pem"], "{}", "needs its key"),
            (["--tls-cert", "/nowhere/c.pem", "--tls-key", "/nowhere/k.pem"], "{}", "--tls-cert: cannot open"),
            (["--no-auth"], "{ client_ip: { trusted_proxies: [proxy.example.com] } }", "agentd.yaml:1: http.client_ip"),
            (["--listen", "::1:80"], "{}", "--listen: expected HOST:PORT"), (["--stdio"], "{}", "exclude each other"),
        ])
    func wrong(arguments: [String], http: String, words: String) async throws {
        let (status, log) = try await Self.refused(arguments, http: http)
        #expect(status == 2, "\(log)")
        #expect(log.contains(words), "\(log)")
    }

    @Test("A key that others may read is refused with 78, one that does not belong to the certificate with 2")
    func keys() async throws {
        try await withFolder { folder in
            let one = try TestCertificate(in: folder + "/a")
            let other = try TestCertificate(in: folder + "/b")
            let mismatch = try await Self.refused(["--tls-cert", one.certFile, "--tls-key", other.keyFile])
            #expect(mismatch.0 == 2 && mismatch.1.contains("is not the key of the certificate"), "\(mismatch)")
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: one.keyFile)
            let exposed = try await Self.refused(["--tls-cert", one.certFile, "--tls-key", one.keyFile])
            #expect(exposed.0 == 78 && exposed.1.contains("--tls-key: the file holds the private key"), "\(exposed)")
        }
    }

    @Test("A port that is taken ends it with 1 and which one it is")
    func portTaken() async throws {
        try await RunningServer.with { server in
            let (status, log) = try await Self.refused(["--no-auth", "--listen", "127.0.0.1:\(server.port)"])
            #expect(status == 1, "\(log)")
            #expect(log.contains("cannot listen on 127.0.0.1:\(server.port): Address already in use"), "\(log)")
        }
    }

    @Test(
        "It listens where it is told, and logs the port that the system chose",
        arguments: ["127.0.0.1:0", "localhost:0", "[::1]:0"])
    func listens(listen: String) async throws {
        try await Self.withConfiguration("{}") { file, _ in
            let agentd = try Agentd(["--config", file, "--http", "--no-auth", "--listen", listen])
            guard let port = try? await agentd.port() else {
                // A machine without IPv6.
                #expect(listen.hasPrefix("["), "\(agentd.log)")
                return
            }
            if !listen.hasPrefix("[") {
                let client = try await RawClient.connect(port)
                try await client.send(RunningServer.query("SELECT 40 + 2 AS n"))
                #expect(await client.reply()?.text.contains("42") == true)
                await client.close()
            }
            kill(agentd.process.processIdentifier, SIGTERM)
            let status = try await agentd.status()
            #expect(status == 0, "\(agentd.log)")
        }
    }

    @Test("SIGTERM under load: each request that was taken up is answered, and the process ends with 0")
    func load() async throws {
        try await Self.withConfiguration("{}") { file, _ in
            let agentd = try Agentd(["--config", file, "--http", "--no-auth", "--listen", "127.0.0.1:0"])
            let port = try await agentd.port()
            let tally = Tally()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        // Until nobody accepts a connection any more.
                        while let client = try? await RawClient.connect(port) {
                            var isOpen = true
                            while isOpen, (try? await client.send(RunningServer.query("SELECT 40 + 2 AS n"))) != nil {
                                // A request that crossed the end of its connection was not taken up.
                                guard let reply = await client.reply() else { break }
                                tally.answered.withLock { $0 += 1 }
                                isOpen = reply.fields["connection"] != "close"
                            }
                            await client.close()
                        }
                    }
                }
                group.addTask {
                    while tally.answered.withLock({ $0 }) < 200 { try await Task.sleep(for: .milliseconds(10)) }
                    kill(agentd.process.processIdentifier, SIGTERM)
                }
                try await group.waitForAll()
            }
            let status = try await agentd.status()
            #expect(status == 0, "\(agentd.log.suffix(2000))")
            let statuses = try agentd.statuses(of: "/mcp")
            #expect(statuses.count == tally.answered.withLock { $0 })
            #expect(statuses.allSatisfy { $0 == 200 }, "\(Set(statuses))")
        }
    }

    @Test("SIGHUP reloads and goes on")
    func reload() async throws {
        try await Self.withConfiguration("{}") { file, _ in
            let agentd = try Agentd(["--config", file, "--http", "--no-auth", "--listen", "127.0.0.1:0"])
            let port = try await agentd.port()
            let client = try await RawClient.connect(port)
            kill(agentd.process.processIdentifier, SIGHUP)
            while !agentd.log.contains("\"reloaded\"") { try await Task.sleep(for: .milliseconds(20)) }
            // The connection from before is good as ever.
            try await client.send(RunningServer.request("GET", "/healthz"))
            #expect(await client.reply()?.status == 200)
            await client.close()
            kill(agentd.process.processIdentifier, SIGTERM)
            let status = try await agentd.status()
            #expect(status == 0)
        }
    }
}
