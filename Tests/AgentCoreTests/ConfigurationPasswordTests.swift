import Foundation
import Testing

@testable import AgentCore

@Suite("Whose password is sent")
struct ConfigurationPasswordTests {
    private func load(
        _ entry: String, _ options: [String: String], environment: [String: String] = [:]
    ) throws -> LoadedConfiguration {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("whose-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("databases: [{ name: shop, \(entry) }]\n".utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        return try ConfigurationLoader.load(
            options: options.map {
                ConfigurationOption(key: "database.\($0.key)", value: $0.value, name: "--db-\($0.key)")
            },
            environment: environment, file: file.path)
    }

    @Test(
        "A user that an option names does not get another's password",
        arguments: [
            ("user: reader, password: hunter2", ["user": "admin"]),
            ("url: 'postgresql://reader:hunter2@localhost/shop'", ["user": "admin"]),
            ("url: 'postgresql://reader@localhost/shop', password: hunter2", ["user": "admin"]),
            ("user: reader, password: hunter2", ["url": "postgresql://admin@localhost/shop"]),
            ("url: 'postgresql://reader:hunter2@localhost/shop'", ["url": "postgresql://admin@localhost/shop"]),
        ])
    func another(_ entry: String, options: [String: String]) throws {
        let loaded = try load(entry, options)
        #expect(loaded.configuration.databases[0].password == nil)
        if loaded.configuration.databases[0].url?.parameters["user"] != "admin" {
            let sentence = try #require(loaded.unsentPassword)
            #expect(sentence.contains("\"reader\"") && sentence.contains("\"admin\"") && !sentence.contains("hunter2"))
            #expect(loaded.warnings.contains(sentence))
        }
    }

    @Test(
        "The same user's password, and one that is given with the user, are sent",
        arguments: [
            ("user: reader, password: hunter2", ["user": "reader"]), ("password: hunter2", ["user": "admin"]),
            ("user: reader, password: hunter2", ["host": "db2"]),
            ("url: 'postgresql://reader:hunter2@localhost/shop'", ["user": "reader"]),
        ])
    func same(_ entry: String, options: [String: String]) throws {
        let loaded = try load(entry, options)
        #expect(loaded.configuration.databases[0].password == .literal("hunter2"))
        #expect(loaded.unsentPassword == nil)
    }

    @Test("A password file of an option is its user's")
    func file() throws {
        let secret = FileManager.default.temporaryDirectory.appendingPathComponent("admin-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: secret) }
        try Data("x\n".utf8).write(to: secret)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secret.path)
        let loaded = try load(
            "user: reader, password: hunter2", ["user": "admin", "password_file": secret.path])
        #expect(loaded.configuration.databases[0].password == .file(secret.path))
        #expect(loaded.unsentPassword == nil)
    }
}
