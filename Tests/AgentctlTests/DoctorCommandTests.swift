import Foundation
import MCPProtocol
import TestSupport
import Testing

@Suite("agentctl doctor and cert check")
struct DoctorCommandTests {
    @Test("Doctor prints a line a point with how to mend it, and ends with 1 when something must be mended")
    func lines() async throws {
        try await Program.withConfiguration { file, _ in
            let outcome = try await Program.run("agentctl", ["doctor", "--config", file, "--http", "--timeout", "60"])
            #expect(outcome.status == 1, "\(outcome.errors)")
            let lines = outcome.output.split(separator: "\n")
            #expect(
                lines.contains { $0.hasPrefix("fail   the role is no superuser (shop): ") && $0.contains("; mend: ") })
            #expect(lines.contains { $0.hasPrefix("fail   the database answers (down): ") })
            #expect(lines.contains { $0.hasPrefix("person ") && $0.contains("[Documentation/Operations/") })
            #expect(lines.contains { $0.hasPrefix("pass   the configuration is valid: ") })
            #expect(lines.last?.contains(" fail, ") == true)
            // The one of the configuration's second database.
            #expect(!outcome.output.contains("hunter2") && !outcome.errors.contains("hunter2"))
            #expect(lines.contains { $0.hasPrefix("warn   no secret stands in the configuration: ") })
        }
    }

    @Test("As JSON it says the same to a program")
    func json() async throws {
        try await Program.withConfiguration { file, _ in
            let outcome = try await Program.run("agentctl", ["doctor", "--json", "--offline", "--config", file])
            let value = try JSONValue.parse(outcome.output)
            #expect(value["findings"]?[0]?["id"] == "configuration.valid")
            let counts = try #require(value["counts"])
            #expect(outcome.status == (counts["fail"] == 0 ? 0 : 1))
            #expect((value["ok"] == true) == (outcome.status == 0))
        }
    }

    @Test("A configuration with mistakes is examined all the same")
    func mistakes() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("agentd-\(UUID().uuidString).yaml")
        try Data("databses: []\ndatabases:\n  - { name: shop, host: db.example.com, sslmod: require }\n".utf8).write(
            to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        defer { try? FileManager.default.removeItem(at: file) }
        let outcome = try await Program.run("agentctl", ["doctor", "--offline", "--quiet", "--config", file.path])
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("databses: unknown key; mend: did you mean databases?"))
        #expect(outcome.output.contains("fail   TLS to the database is required and verified (shop)"))
        #expect(!outcome.output.contains("\npass ") && !outcome.output.contains("\nperson "))
        let missing = try await Program.run("agentctl", ["doctor", "--offline", "--config", "/nowhere/agentd.yaml"])
        #expect(missing.status == 1)
        #expect(missing.output.hasPrefix("fail   the configuration is valid: "))
    }

    @Test("Cert check tells names, days, key and faults")
    func certificates() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cert-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let authority = try TestAuthority()
        let issued = try authority.issue()
        func write(_ name: String, _ text: String) throws -> String {
            let file = folder.appendingPathComponent(name)
            try Data(text.utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
            return file.path
        }
        let certificate = try write("cert.pem", issued.certificate)
        let good = try await Program.run(
            "agentctl",
            ["cert", "check", certificate, "--key", try write("key", issued.key), "--name", "agent.example.com"])
        #expect(good.status == 0, "\(good.output)\(good.errors)")
        #expect(good.output.contains("names        agent.example.com"))
        #expect(good.output.contains("89 days left"))
        #expect(good.output.contains("private key  matches"))
        let warned = try await Program.run("agentctl", ["cert", "check", "--days", "120", certificate])
        #expect(warned.status == 0)
        #expect(warned.output.contains(": warning\n"))
        let bad = try await Program.run(
            "agentctl",
            ["cert", "check", "--json", certificate, "--key", try write("other", try authority.issue().key)])
        #expect(bad.status == 1)
        let value = try JSONValue.parse(bad.output)
        #expect(value[0]?["keyMatches"] == false)
        #expect(value[0]?["problems"]?[0]?["code"] == "key_mismatch")
        #expect(value[0]?["certificates"]?[0]?["names"] == ["agent.example.com"])
    }

    @Test("Wrong calls of cert check end with 2")
    func usage() async throws {
        let two = try await Program.run("agentctl", ["cert", "check", "--key", "k", "a", "b"])
        #expect(two.status == 2)
        let days = try await Program.run("agentctl", ["cert", "check", "--days", "-1", "a"])
        #expect(days.status == 2)
    }
}
