import Foundation
import MCPProtocol
import TestSupport
import Testing

@Suite("agentctl db privileges and create-reader", .serialized)
struct PrivilegesCommandTests {
    @Test("Privileges says what a superuser could do, and ends with 1")
    func privileges() async throws {
        try await Program.withConfiguration { file, _ in
            let outcome = try await Program.run("agentctl", ["db", "privileges", "shop", "--config", file])
            #expect(outcome.status == 1)
            #expect(outcome.output.contains("critical: could do everything: it is a superuser"))
            #expect(outcome.output.contains("mend: "))
            let json = try await Program.run("agentctl", ["db", "privileges", "shop", "--json", "--config", file])
            let value = try JSONValue.parse(json.output)
            #expect(value[0]?["ok"] == false)
            #expect(value[0]?["privileges"]?["superuser"] == true)
            let down = try await Program.run("agentctl", ["db", "privileges", "down", "--config", file])
            #expect(down.status == 1)
            #expect(!(down.output + down.errors).contains("hunter2"))
            let unknown = try await Program.run("agentctl", ["db", "privileges", "shp", "--config", file])
            #expect(unknown.status == 2)
        }
    }

    @Test("create-reader prints SQL and changes nothing")
    func printed() async throws {
        try await Program.withConfiguration { file, postgres in
            let outcome = try await Program.run(
                "agentctl", ["db", "create-reader", "-d", "shop", "--role", "Printed \"one\"", "--config", file])
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("CREATE ROLE \"Printed \"\"one\"\"\" LOGIN NOSUPERUSER"))
            #expect(outcome.output.contains("-- REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC;"))
            #expect(!outcome.output.contains("PASSWORD"))
            let count = try await Program.blocking {
                try postgres.psql("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'Printed%'")
            }
            #expect(count == "0")
        }
    }

    @Test("create-reader --run makes the role and a file with its password, which is nowhere else")
    func run() async throws {
        try await Program.withConfiguration { file, postgres in
            let secret = FileManager.default.temporaryDirectory.appendingPathComponent("reader-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: secret) }
            let arguments = [
                "db", "create-reader", "-d", "shop", "--role", "run_reader", "--run", "--yes", "--password-file",
                secret.path, "--config", file,
            ]
            let outcome = try await Program.run("agentctl", arguments)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("role run_reader was made"))
            let password = try String(contentsOf: secret, encoding: .utf8)
            #expect(password.count == 33)
            let mode = try FileManager.default.attributesOfItem(atPath: secret.path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let shown = outcome.output + outcome.errors + postgres.log
            #expect(!shown.contains(password.dropLast()))
            let again = try await Program.run("agentctl", arguments)
            #expect(again.status == 2)
            #expect(again.errors.contains("There is a role"))
            _ = try await Program.blocking { try postgres.psql("DROP OWNED BY run_reader; DROP ROLE run_reader") }
        }
    }

    @Test("A role that was not made leaves no password file behind")
    func failedRun() async throws {
        try await Program.withConfiguration { file, postgres in
            _ = try await Program.blocking {
                try postgres.psql("DROP ROLE IF EXISTS no_rights; CREATE ROLE no_rights LOGIN")
            }
            let secret = FileManager.default.temporaryDirectory.appendingPathComponent("reader-\(UUID().uuidString)")
            let outcome = try await Program.run(
                "agentctl",
                [
                    "db", "create-reader", "--db-user", "no_rights", "--db-host", postgres.directory, "--db-port",
                    String(postgres.port), "--db-name", "postgres", "--role", "never_made", "--run", "--yes",
                    "--password-file", secret.path,
                ])
            #expect(outcome.status == 1, "\(outcome.errors)")
            #expect(outcome.errors.contains("42501"))
            #expect(!FileManager.default.fileExists(atPath: secret.path))
        }
    }

    @Test("The password of the configured user is not sent for another one, and that is said")
    func anotherUser() async throws {
        try await Program.withConfiguration(shop: "password: hunter2") { file, _ in
            let arguments = ["db", "create-reader", "--db-user", "somebody_else", "--role", "r", "--config", file]
            let outcome = try await Program.run("agentctl", arguments)
            #expect(outcome.status == 1, "there is no such role")
            #expect(outcome.errors.contains("is not sent for \"somebody_else\" (--db-user)"), "\(outcome.errors)")
            #expect(!outcome.errors.contains("hunter2"))
            let other = try await Program.run("agentctl", arguments + ["-d", "down"])
            #expect(other.status == 2 && other.errors.contains("means the first database"))
        }
    }

    @Test("Without somebody to ask, --run needs --yes and a password's source")
    func unattended() async throws {
        try await Program.withConfiguration { file, _ in
            let asks = try await Program.run("agentctl", ["db", "create-reader", "--run", "--config", file])
            #expect(asks.status == 2)
            #expect(asks.errors.contains("--yes"))
            let password = try await Program.run(
                "agentctl", ["db", "create-reader", "--run", "--yes", "--config", file])
            #expect(password.status == 2)
            #expect(password.errors.contains("--password-file"))
        }
    }
}
