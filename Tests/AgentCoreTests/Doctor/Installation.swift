import AuthTokens
import Foundation
import TestSupport

@testable import AgentCore

/// A good installation in a folder of its own: a certificate, tokens, a user, a secret file, a state folder, a unit. Tests
/// spoil it.
final class Installation {
    let folder: String
    var configuration = AgentConfiguration()
    var origins: [String: ValueOrigin] = [:]
    var issues: [ConfigurationIssue] = []
    var environment: [String: String] = [:]
    var servesHTTP = true
    var now = Timestamp.now

    /// What cannot be in any text of a checkup.
    static let password = "hunter2-of-the-checkup"
    private static let user = "violet kettle march lantern 7"

    /// Made once, since a password's hash takes its time; each test has a copy.
    private static let template = Result { try makeTemplate() }

    init() throws {
        folder = try Self.makeFolder()
        let template = try Self.template.get()
        for name in try FileManager.default.contentsOfDirectory(atPath: template) {
            let source = "\(template)/\(name)"
            try FileManager.default.copyItem(atPath: source, toPath: "\(folder)/\(name)")
            let mode = Int(try FilePermissions.of(source).mode)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(folder)/\(name)")
        }
        configuration.http.enabled = true
        configuration.http.listen = "10.1.2.3:8443"
        configuration.http.allowedHosts = ["agent.example.com"]
        configuration.http.tls.certFile = path("tls.pem")
        configuration.http.tls.keyFile = path("tls.key")
        configuration.http.auth.tokenFile = path("tokens.yaml")
        configuration.http.auth.userFile = path("users.yaml")
        configuration.state.directory = path("state")
        configuration.audit.file = path("audit.jsonl")
        configuration.secretFile = path("secret")
        var database = DatabaseConfiguration(name: "shop")
        database.host = "db.example.com"
        database.user = "reader"
        database.sslmode = .verifyFull
        database.sslrootcert = "system"
        database.password = .file(path("shop.password"))
        database.requireLeastPrivilege = true
        configuration.databases = [database]
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    func write(_ name: String, _ text: String, mode: Int = 0o600) throws {
        try Self.write(path(name), text, mode: mode)
    }

    func chmod(_ name: String, _ mode: Int) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name))
    }

    var tokens: TokenFile { TokenFile(path: path("tokens.yaml")) }

    var subject: CheckupSubject {
        let loaded = LoadedConfiguration(
            configuration: configuration, file: path("agentd.yaml"), origins: origins)
        var subject = CheckupSubject(
            inspection: ConfigurationInspection(loaded: loaded, issues: issues), environment: environment,
            servesHTTP: servesHTTP)
        subject.now = now
        subject.asksDatabases = false
        subject.machine.processes = path("proc")
        subject.machine.unitFolders = [path("units")]
        subject.machine.containerMarks = []
        return subject
    }

    func findings() async -> [Finding] {
        let findings = await Checkup(subject).run()
        Evidence.log(findings.map(\.line).joined(separator: "\n"), from: "doctor")
        return findings
    }

    // MARK: - The template

    private static func makeFolder() throws -> String {
        var name = Array((FileManager.default.temporaryDirectory.path + "/doctor.XXXXXX").utf8CString)
        guard mkdtemp(&name) != nil else { throw CocoaError(.fileWriteUnknown) }
        return String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func write(_ path: String, _ text: String, mode: Int) throws {
        try? FileManager.default.removeItem(atPath: path)
        let isMade = FileManager.default.createFile(
            atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: mode])
        guard isMade else { throw CocoaError(.fileWriteUnknown) }
    }

    private static func makeTemplate() throws -> String {
        let folder = try makeFolder()
        for name in ["state", "units", "proc"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(name)", withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        }
        Evidence.secret(password)
        Evidence.secret(user)
        let authority = try TestAuthority()
        let issued = try authority.issue()
        try write("\(folder)/agentd.yaml", "databases: []\n", mode: 0o600)
        try write("\(folder)/tls.pem", issued.certificate, mode: 0o644)
        try write("\(folder)/tls.key", issued.key, mode: 0o600)
        try write("\(folder)/audit.jsonl", "", mode: 0o600)
        try write("\(folder)/shop.password", password + "\n", mode: 0o600)
        try write("\(folder)/units/agentd.service", "[Service]\nUser=agentd\nExecStart=agentd --http\n", mode: 0o644)
        _ = try SecretFile.create(path: "\(folder)/secret")
        _ = try TokenFile(path: "\(folder)/tokens.yaml").create(TokenRequest(note: "reports", databases: ["shop"]))
        try UserFile(path: "\(folder)/users.yaml").add(name: "ada", password: user)
        return folder
    }
}

extension [Finding] {
    /// The worst that a point came to; `nil` when it was not looked at.
    func status(of point: CheckPoint) -> Finding.Status? {
        let all = filter { $0.id == point.rawValue }.map(\.status)
        return [.fail, .warn, .person, .pass].first(where: all.contains)
    }

    /// What was found of a point, and how to mend it.
    func text(of point: CheckPoint) -> String {
        filter { $0.id == point.rawValue }.map(\.line).joined(separator: "\n")
    }
}
