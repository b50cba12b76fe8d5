import AgentCore

/// Reads the lines of an audit log for `tail` and `search`.
enum AuditReading {
    /// All lines of a file that match.
    ///
    /// - Throws: ``CommandFailure`` when the file cannot be read.
    static func all(_ path: String, matching filter: AuditFilter, _ body: (AuditRecord) -> Void) throws {
        let end = try AuditRecords.read(path) { if filter.matches($0) { body($0) } }
        guard end != nil else { throw CommandFailure(message: "cannot read \(path)") }
    }

    /// The last lines of a log that match, in the order of the log.
    ///
    /// - Returns: Where the log ended.
    static func last(
        _ count: Int, of log: String, matching filter: AuditFilter, _ body: (AuditRecord) -> Void
    ) throws -> AuditRecords.Position? {
        let found = try AuditRecords.last(count, of: log, matching: filter)
        found.records.forEach(body)
        return found.end
    }

    /// What was written since; the rest of a file that was rotated away meanwhile included.
    ///
    /// - Returns: Where the log ends now.
    static func new(
        in log: String, after position: AuditRecords.Position?, matching filter: AuditFilter,
        _ body: (AuditRecord) -> Void
    ) throws -> AuditRecords.Position? {
        func read(_ path: String, from offset: Int) throws -> AuditRecords.Position? {
            try AuditRecords.read(path, from: offset) { if filter.matches($0) { body($0) } }
        }
        guard let position, !position.identity.isEmpty, let current = AuditRecords.identity(of: log),
            current != position.identity
        else {
            return try read(log, from: position?.offset ?? 0) ?? position
        }
        // Rotated: first what was added to the old file, wherever it is now.
        for path in AuditRecords.files(of: log) where path != log {
            if AuditRecords.identity(of: path) == position.identity { _ = try read(path, from: position.offset) }
        }
        return try read(log, from: 0)
    }
}
