internal import AuthTokens
internal import MCPProtocol

/// The chain of an audit log on disk: where it stands, and how it grows. Not for several tasks at once.
struct AuditLedger: Sendable {
    /// Where the log is and how it is kept.
    struct Settings: Sendable {
        /// The current file.
        var path: String
        /// The file of the head.
        var headPath: String
        var seal: AuditSeal
        /// How much of each statement is kept, for the record of the opening.
        var text: AuditConfiguration.StatementText
        /// The size from which a file is rotated away, in bytes.
        var limit = AuditFiles.limit
        /// Whether a record tells of each opening; one that finds something wrong always does.
        var announcesOpening = true
        /// Whom new files are given to, which only root may do; nil: they stay the process's own.
        var owner: Owner?
    }

    /// Whom a file belongs to.
    struct Owner: Sendable {
        var user: UInt32
        var group: UInt32
    }

    let settings: Settings
    private var file: AuditDescriptor
    private var sequence: Int
    private var digest: [UInt8]
    /// The bytes of the current file that are known to be whole lines, or what was there when it was opened.
    private var size: Int
    /// Whether the file may hold more than ``size``: a write failed half way and could not be taken back.
    private var isTorn = false
    /// Whether a torn line was found at the opening and has to be ended first.
    private var needsLineFeed: Bool
    /// The record of the opening, until it is written.
    private var opening: [UInt8]?
    /// Calls whose lines could not be written, and since when and why.
    private var lost: (count: Int, since: UTCTime, reason: String)?
    private var previousFile: String?

    /// What was found wrong with the log.
    let problems: [AuditChainEnd.Problem]

    /// Takes up the chain where the file ends. Writes nothing.
    init(_ settings: Settings, file: AuditDescriptor) throws(SystemFailure) {
        let head = AuditHead.read(settings.headPath, settings.seal)
        let end = try AuditChainEnd.find(file, head: head, seal: settings.seal)
        self.settings = settings
        self.file = file
        sequence = end.sequence
        digest = end.digest
        size = end.size
        needsLineFeed = end.torn != nil
        problems = end.problems
        opening = settings.announcesOpening || !end.problems.isEmpty ? Self.opening(end, settings) : nil
    }

    private static func opening(_ end: AuditChainEnd, _ settings: Settings) -> [UInt8] {
        var members = AuditMembers(.open)
        members.add("version", AgentVersion.current)
        members.add("sqlKept", settings.text.rawValue)
        guard !end.problems.isEmpty else { return members.bytes }
        members.add("problems", .array(end.problems.map { .string($0.rawValue) }))
        members.add("found", end.sequence)
        if let expected = end.expected { members.add("expected", expected) }
        if let torn = end.torn {
            members.add("tornBytes", torn.count)
            members.add("tornSha256", Digest.hexadecimal(Digest.sha256(torn)))
        }
        return members.bytes
    }

    /// What became of records.
    struct Result {
        /// Whether the lines are in the file.
        var areKept = false
        /// What failed, the head and the flush included.
        var failure: SystemFailure?
        /// A file that was rotated away and is not on the disk yet.
        var left: AuditDescriptor?
        /// How many lost lines were told of now.
        var healed = 0
    }

    /// Appends records to the chain, all or none.
    ///
    /// - Parameters:
    ///   - records: The members of the lines.
    ///   - durably: Whether to wait until they, and the head, are on the disk.
    mutating func append(_ records: [[UInt8]], durably: Bool) -> Result {
        var result = Result()
        do throws(SystemFailure) {
            try takeBack()
            var records = preliminaries + records
            if size > 0, size + records.reduce(0, { $0 + $1.count + 400 }) > settings.limit {
                result.left = try rotate()
            }
            if size == 0 { records.insert(fileRecord, at: 0) }
            try write(records)
            result.areKept = true
            result.healed = lost?.count ?? 0
            lost = nil
            opening = nil
            if durably { try file.flush() }
            try writeHead(durably: durably)
        } catch {
            result.failure = error
        }
        return result
    }

    /// Counts records that could not be kept, to be told of when there is room again.
    mutating func lose(_ count: Int, because failure: SystemFailure?) {
        lost = (
            (lost?.count ?? 0) + count, lost?.since ?? .now, lost?.reason ?? failure?.reason ?? "the queue was full"
        )
    }

    private var preliminaries: [[UInt8]] {
        var records = opening.map { [$0] } ?? []
        if let lost {
            var members = AuditMembers(.lost)
            members.add("lines", lost.count)
            members.add("since", lost.since.description)
            members.add("reason", lost.reason)
            records.append(members.bytes)
        }
        return records
    }

    private var fileRecord: [UInt8] {
        var members = AuditMembers(.file)
        members.add("format", 1)
        members.add("previousFile", previousFile)
        return members.bytes
    }

    private mutating func write(_ records: [[UInt8]]) throws(SystemFailure) {
        var bytes: [UInt8] = needsLineFeed ? [UInt8(ascii: "\n")] : []
        var (sequence, digest) = (self.sequence, self.digest)
        for record in records {
            sequence += 1
            let line = AuditLine.compose(
                sequence: sequence, members: record, previous: digest, seal: settings.seal)
            bytes.append(contentsOf: line.bytes)
            bytes.append(UInt8(ascii: "\n"))
            digest = Digest.hexadecimalDigits(line.digest)
        }
        do throws(SystemFailure) {
            try file.append(bytes)
        } catch {
            isTorn = true
            try? takeBack()
            throw error
        }
        (self.sequence, self.digest) = (sequence, digest)
        size += bytes.count
        needsLineFeed = false
    }

    /// Cuts off what a failed write left, so that the next line begins on a line of its own.
    private mutating func takeBack() throws(SystemFailure) {
        guard isTorn else { return }
        try file.truncate(to: size)
        isTorn = false
    }

    private func writeHead(durably: Bool) throws(SystemFailure) {
        let contents = AuditHead(lines: sequence, digest: digest, bytes: size).contents(settings.seal)
        guard durably else { return try AuditDescriptor.replace(settings.headPath, contents: contents) }
        do {
            try AtomicFile.replace(
                settings.headPath, contents: contents, mode: 0o600,
                owner: settings.owner.map { ($0.user, $0.group) })
        } catch {
            throw SystemFailure("\(error.operation) \(error.path)", error.number)
        }
    }

    /// Gives the file a name by its time, and begins a new one.
    ///
    /// - Returns: The old file, which may not be on the disk yet.
    private mutating func rotate() throws(SystemFailure) -> AuditDescriptor {
        let name = AuditFiles.rotated(settings.path)
        try AuditDescriptor.move(settings.path, to: name)
        let old = file
        do throws(SystemFailure) {
            begin(try AuditDescriptor(appendingTo: settings.path, owner: settings.owner), after: name)
        } catch {
            // Without a new file the old one stays the current one.
            try AuditDescriptor.move(name, to: settings.path)
            throw error
        }
        return old
    }

    private mutating func begin(_ file: AuditDescriptor, after previous: String?) {
        self.file = file
        size = 0
        isTorn = false
        needsLineFeed = false
        previousFile = previous?.split(separator: "/").last.map(String.init)
    }

    /// Begins a new file when somebody has renamed the current one, as logrotate does.
    ///
    /// - Returns: The old file, which may not be on the disk yet; nil when the file is still the current one.
    mutating func reopen() throws -> AuditDescriptor? {
        let current = try file.status().identity
        guard AuditDescriptor.identity(of: settings.path) != current else { return nil }
        try takeBack()
        let new = try AuditDescriptor(appendingTo: settings.path, owner: settings.owner)
        try AuditPlace.check(new)
        guard try new.status().size == 0 else {
            throw SystemFailure("take \(settings.path) for a new audit log, since it is not empty", 0)
        }
        let old = file
        begin(new, after: nil)
        return old
    }

    /// Another descriptor of the current file, to flush it elsewhere.
    func fileToFlush() -> AuditDescriptor? { file.duplicate() }

    /// Where the chain stands: how many lines there are, and the digest of the last.
    var position: (lines: Int, digest: String) { (sequence, String(decoding: digest, as: UTF8.self)) }
}
