internal import AuthTokens
public import Logging
internal import Synchronization

/// The audit log: a line for each call, chained so that an altered, missing or moved line is found.
///
/// One line is one JSON object. It names the digest of the line before and carries a seal, made with a key of the secret file
/// when there is one. What is known of the end (how many lines there are, the digest of the last) is kept in the state
/// folder, so that lines cut off the end are missed.
///
/// When a call's answer is given, its line is in the file and counted in the head, by way of the system's memory: a crash of
/// the process loses neither, a crash of the machine at most the last second. The line that a write is about to run, and the
/// one that it ran, are on the disk before it goes on. A log that cannot be written stops writes, not reads.
public final class AuditLog: GuardObserver {
    private let writer: AuditWriter
    private let text: AuditConfiguration.StatementText
    /// Held for as long as the log is open: one log, one process.
    private let lock: Mutex<FileLock?>

    /// Opens the log that a configuration asks for.
    ///
    /// - Parameters:
    ///   - configuration: The whole configuration.
    ///   - logger: Where the operator is told of a log that cannot be written.
    /// - Returns: The log; nil when `audit.file` is not set.
    /// - Throws: ``ConfigurationError`` when the file cannot be opened, belongs to another instance, or is open to others.
    public static func open(
        _ configuration: AgentConfiguration, logger: Logger
    ) throws(ConfigurationError) -> AuditLog? {
        guard let path = configuration.audit.file else { return nil }
        try check(configuration)
        // Whoever uses the state folder first makes it.
        if let folder = configuration.state.directory { AuditPlace.make(folder) }
        let settings = AuditLedger.Settings(
            path: path, headPath: AuditHead.path(ofLog: path, in: configuration.state.directory),
            seal: AuditSeal(try configuration.loadSecret()), text: configuration.audit.sql)
        return try AuditLog(settings, logger: logger)
    }

    init(_ settings: AuditLedger.Settings, logger: Logger) throws(ConfigurationError) {
        do {
            lock = Mutex(try FileLock(beside: settings.path, timeout: .zero))
        } catch {
            throw Self.issue(
                error.number == 0 ? "another process is writing to \(settings.path)" : error.description,
                suggestion: error.number == 0 ? "each instance needs a file of its own" : nil)
        }
        let ledger: AuditLedger
        do {
            let file = try AuditDescriptor(appendingTo: settings.path)
            try AuditPlace.check(file)
            ledger = try AuditLedger(settings, file: file)
        } catch let unfit as AuditPlace.Unfit {
            throw Self.issue(unfit.description, isInsecure: unfit.isInsecure)
        } catch {
            throw Self.issue("\(error)")
        }
        text = settings.text
        writer = AuditWriter(ledger, logger: logger)
        if !ledger.problems.isEmpty {
            logger.warning(
                "the audit log is not as it was left; agentctl audit verify tells more",
                metadata: ["problems": .array(ledger.problems.map { "\($0.rawValue)" })])
        }
        if !settings.seal.hasKey {
            logger.info("the audit log is chained without a key, since no secret_file is set")
        }
        writer.begin()
    }

    /// Checks what a configuration says of the audit log, without making a file.
    ///
    /// - Parameter configuration: The whole configuration.
    /// - Throws: ``ConfigurationError`` when the folder of `audit.file` does not exist, and when it or `state.directory`, or the
    ///   folder that this is to be made in, cannot be written to or can be written to by others.
    public static func check(_ configuration: AgentConfiguration) throws(ConfigurationError) {
        if let path = configuration.audit.file {
            try check(folder: AuditPlace.folder(of: path), key: "audit.file")
        }
        if let folder = configuration.state.directory {
            let place = AuditPlace.exists(folder) ? folder : AuditPlace.folder(of: folder)
            try check(folder: place, key: "state.directory")
        }
    }

    private static func check(folder: String, key: String) throws(ConfigurationError) {
        do {
            try AuditPlace.checkFolder(folder)
        } catch {
            throw issue(error.description, isInsecure: error.isInsecure, key: key)
        }
    }

    private static func issue(
        _ message: String, isInsecure: Bool = false, key: String = "audit.file", suggestion: String? = nil
    ) -> ConfigurationError {
        ConfigurationError(issues: [
            ConfigurationIssue(
                kind: isInsecure ? .insecure : .invalid, key: key, message: message, suggestion: suggestion)
        ])
    }

    /// Puts the record of a write on the disk before it runs.
    ///
    /// - Throws: ``QueryFailure`` of the kind `notRecorded` when that cannot be done.
    public func willWrite(_ call: GuardedCall) async throws {
        let members = AuditMembers(call, isAboutToRun: true, text: text).bytes
        guard let failure = await writer.append(members, durably: true) else { return }
        throw QueryFailure(
            .notRecorded,
            """
            Nothing was run: the audit log cannot be written (\(failure.reason)), and without its record no write runs. \
            Reads go on. The operator of this server has to mend it; do not retry before.
            """, operatorDetail: failure.description)
    }

    /// Records a call.
    public func finished(_ call: GuardedCall) async {
        let members = await LongTexts.shared.readAlways(call.sql) { [text] in AuditMembers(call, text: text).bytes }
        // What was refused or only asked changed nothing; what may have changed something has to outlive the machine.
        let ran: [GuardedCall.Outcome] = [.completed, .dryRun, .failed, .cancelled]
        _ = await writer.append(members, durably: call.verdict == .write && ran.contains(call.outcome))
    }

    /// Puts a line on the disk.
    ///
    /// - Returns: Whether it is there.
    func append(_ members: [UInt8]) async -> Bool { await writer.append(members, durably: true) == nil }

    /// Begins a new file when the current one was renamed, as logrotate does before it sends SIGHUP.
    public func reopen() async { await writer.reopen() }

    /// Writes what waits and ends the log. Calls that end later are not recorded.
    public func close() async {
        await writer.close(AuditMembers(.close).bytes)
        lock.withLock { $0 = nil }
    }

    /// How many records were kept since the log was opened.
    public var keptCount: Int { writer.figures.kept }

    /// How many records were lost since the log was opened.
    public var lostCount: Int { writer.figures.lost }

    /// Why the log cannot be written; nil when it can.
    public var failure: String? { writer.figures.failure?.description }
}
