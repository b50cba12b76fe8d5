import Foundation
import Testing

@testable import AgentCore

@Suite("Where files are, without the rest of a configuration")
struct ConfiguredPlacesTests {
    private func places(_ yaml: String, environment: [String: String] = [:]) throws -> ConfiguredPlaces {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("places-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(yaml.utf8).write(to: file)
        return try ConfigurationLoader.places(environment: environment, file: file.path)
    }

    @Test("Databases, sealed secrets and files of theirs need not be right")
    func databases() throws {
        let found = try places(
            """
            http: { enabled: true, listen: nowhere, auth: { token_file: /t/tokens.yaml } }
            databases:
              - { name: shop, password: "enc:v1.none.x", prot: 1, allow_functions: ["a b"] }
              - { name: web, password_file: /nonexistent }
            llm: { provider: clippy, api_key: "enc:v1.none.x" }
            telemetry: { log_levl: loud }
            state: { directory: /t/state }
            secret_file: /t/secret.key

            """, environment: ["AGENTD_DATABASE_PORT": "x", "AGENTD_TELEMETRY_LOG_LEVEL": "loud"])
        #expect(found.configuration.http.auth.tokenFile == "/t/tokens.yaml")
        #expect(found.configuration.state.directory == "/t/state")
        #expect(found.configuration.secretFile == "/t/secret.key")
        #expect(found.databaseNames == ["shop", "web"])
        #expect(found.configuration.databases.isEmpty)
    }

    @Test(
        "What could be one of the places misspelt is an error",
        arguments: [
            "secrt_file: a", "http: { ath: { token_file: a } }", "http: { auth: { tokn_file: a } }",
            "state: { directry: a }", "audit: { file: [a] }", "secret_file: {a: b}", "databases: [",
        ])
    func misspelt(_ yaml: String) {
        #expect(throws: ConfigurationError.self) { try places(yaml + "\n") }
    }

    @Test("A variable counts when it names a place, or nothing that is known")
    func variables() throws {
        #expect(try places("", environment: ["AGENTD_SECRET_FILE": "/k"]).configuration.secretFile == "/k")
        #expect(throws: ConfigurationError.self) { try places("", environment: ["AGENTD_SECRT_FILE": "/k"]) }
        #expect(throws: ConfigurationError.self) { try places("", environment: ["AGENTD_AUDIT_SQL": "some"]) }
    }

    @Test("A file that everybody may change is refused")
    func writable() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("places-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("secret_file: a\n".utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: file.path)
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationLoader.places(environment: [:], file: file.path)
        }
        #expect(error?.exitCode == 78)
    }
}
