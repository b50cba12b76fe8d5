public import AuthTokens
internal import Dispatch

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The audit log of what is run on the command line: the calls of `agentctl query`.
///
/// A running `agentd` holds its own log for as long as it runs, so commands have one beside it, `<audit.file>.agentctl`, with a
/// chain and a head of its own. Each record takes the lock, follows on from the end of the file and lets go, so that any
/// number of commands may run at once and a person who thinks about a question keeps nobody waiting.
///
/// As with the server, a log that cannot be written stops writes, not reads.
public final class CommandAuditLog: GuardObserver {
    private let settings: AuditLedger.Settings
    private let report: @Sendable (String) -> Void

    /// The log that a configuration asks for. Opens nothing yet.
    ///
    /// - Parameters:
    ///   - configuration: The whole configuration.
    ///   - secret: What ``AgentConfiguration/loadSecret()`` returned.
    ///   - report: Is told, in a sentence, of each record that could not be kept.
    /// - Returns: nil when `audit.file` is not set.
    public convenience init?(
        configuration: AgentConfiguration, secret: SecretFile?, report: @escaping @Sendable (String) -> Void
    ) {
        guard let path = Self.path(in: configuration) else { return nil }
        if let folder = configuration.state.directory { AuditPlace.make(folder) }
        self.init(
            AuditLedger.Settings(
                path: path, headPath: AuditHead.path(ofLog: path, in: configuration.state.directory),
                seal: AuditSeal(secret), text: configuration.audit.sql, announcesOpening: false,
                owner: Self.owner(of: path)),
            report: report)
    }

    init(_ settings: AuditLedger.Settings, report: @escaping @Sendable (String) -> Void) {
        self.settings = settings
        self.report = report
    }

    /// The file of the log.
    ///
    /// - Parameter configuration: The whole configuration.
    /// - Returns: Its path; nil when `audit.file` is not set.
    public static func path(in configuration: AgentConfiguration) -> String? {
        configuration.audit.file.map { $0 + ".agentctl" }
    }

    /// What root makes must not shut out the service that owns the folder.
    private static func owner(of path: String) -> AuditLedger.Owner? {
        guard geteuid() == 0, let folder = try? FilePermissions.of(AuditPlace.folder(of: path)) else { return nil }
        return AuditLedger.Owner(user: folder.owner, group: folder.group)
    }

    /// Puts the record of a write on the disk before it runs.
    ///
    /// - Throws: ``QueryFailure`` of the kind `notRecorded` when that cannot be done.
    public func willWrite(_ call: GuardedCall) async throws {
        guard let failure = await append(AuditMembers(call, isAboutToRun: true, text: settings.text)) else { return }
        throw QueryFailure(
            .notRecorded,
            "Nothing was run: the audit log cannot be written, and without its record no write runs (\(failure)).")
    }

    /// Records a call.
    public func finished(_ call: GuardedCall) async {
        guard let failure = await append(AuditMembers(call, text: settings.text)) else { return }
        report("this call is not in the audit log: \(failure)")
    }

    /// Appends a record and waits until it is on the disk, whether or not the task was cancelled meanwhile.
    ///
    /// - Returns: Why it is not there; nil when it is.
    private func append(_ members: AuditMembers) async -> String? {
        let bytes = members.bytes
        // Waiting for the lock and the disk blocks, and must not block a thread that runs tasks.
        return await withCheckedContinuation { done in
            DispatchQueue(label: "audit").async { done.resume(returning: self.append(bytes)) }
        }
    }

    private func append(_ record: [UInt8]) -> String? {
        do {
            try AuditPlace.checkFolder(AuditPlace.folder(of: settings.path), isRootWelcome: true)
            let lock = try FileLock(beside: settings.path)
            let outcome = Result { try appendHoldingLock(record) }
            lock.release()
            return try outcome.get()
        } catch {
            return "\(error)"
        }
    }

    private func appendHoldingLock(_ record: [UInt8]) throws -> String? {
        let file = try AuditDescriptor(appendingTo: settings.path, owner: settings.owner)
        try AuditPlace.check(file, isRootWelcome: true)
        var ledger = try AuditLedger(settings, file: file)
        let result = ledger.append([record], durably: true)
        try result.left?.flush()
        return result.failure?.description
    }
}
