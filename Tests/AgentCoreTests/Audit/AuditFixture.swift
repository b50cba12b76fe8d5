import AuthTokens
import Foundation
import Logging
import TestSupport

@testable import AgentCore

/// A folder with an audit log in it, removed at the end.
final class AuditFixture: Sendable {
    let folder: String
    let secret: SecretFile?
    let limit: Int

    var log: String { folder + "/audit.jsonl" }
    var state: String { folder + "/state" }
    var head: String { AuditHead.path(ofLog: log, in: state) }

    init(sealed: Bool = true, limit: Int = AuditFiles.limit) throws {
        let template = FileManager.default.temporaryDirectory.path + "/audit.XXXXXX"
        var name = Array(template.utf8CString)
        guard mkdtemp(&name) != nil else { throw CocoaError(.fileWriteUnknown) }
        folder = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        secret = sealed ? .ephemeral() : nil
        self.limit = limit
        try FileManager.default.createDirectory(
            atPath: folder + "/state", withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            if let text = try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) {
                Evidence.log(text, from: "audit")
            }
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    func open(
        text: AuditConfiguration.StatementText = .full, secret other: SecretFile?? = nil, at path: String? = nil
    ) throws -> AuditLog {
        try AuditLog(
            AuditLedger.Settings(
                path: path ?? log, headPath: AuditHead.path(ofLog: path ?? log, in: state),
                seal: AuditSeal(other ?? secret), text: text, limit: limit),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Opens the log, records calls and closes it.
    func record(_ statements: [String], sealed: SecretFile?? = nil) async throws {
        let audit = try open(secret: sealed)
        for statement in statements { await audit.finished(Self.call(statement)) }
        await audit.close()
    }

    /// A log of so many calls.
    func record(_ count: Int) async throws { try await record((1...max(1, count)).map { "SELECT \($0)" }) }

    static func call(_ sql: String) -> GuardedCall {
        var call = GuardedCall(
            origin: CallOrigin(requestID: "1", principal: .local, client: "test/1", tool: "query_database"),
            database: "shop", sql: sql)
        call.verdict = .read
        call.kinds = ["SELECT"]
        call.completed(rows: 1, bytes: 4)
        return call
    }

    func verify(_ other: SecretFile?? = nil) -> AuditVerification {
        .verify(log: log, head: head, secret: other ?? secret)
    }

    func read(_ path: String? = nil) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path ?? log))) }

    /// Changes the file in place, as an attacker would: its inode stays.
    func write(_ bytes: some Sequence<UInt8>, to path: String? = nil) throws {
        let handle = try FileHandle(forWritingTo: URL(filePath: path ?? log))
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
    }

    /// The lines of the log without their line feeds.
    func lines(_ path: String? = nil) throws -> [[UInt8]] {
        try read(path).split(separator: 0x0A, omittingEmptySubsequences: false).dropLast().map(Array.init)
    }

    func write(lines: [[UInt8]], to path: String? = nil) throws {
        try write(lines.flatMap { $0 + [0x0A] }, to: path)
    }

    func objects(_ path: String? = nil) throws -> [AuditRecord] {
        try lines(path).map { AuditRecord($0[...]) }
    }
}
