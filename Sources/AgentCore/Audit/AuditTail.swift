extension AuditRecords {
    /// The end of a log.
    public struct Tail: Sendable {
        /// The lines, in the order of the log.
        public let records: [AuditRecord]
        /// Where the log ended; nil when there is none.
        public let end: Position?
        /// Whether older files were left out since as many bytes as allowed were read.
        public let isCut: Bool
    }

    /// The last lines of a log that match, of its newest files as far as they are needed.
    ///
    /// - Parameters:
    ///   - count: The most lines.
    ///   - log: The current file, an absolute path.
    ///   - filter: What lines have to meet.
    ///   - mostBytes: No older file is begun once so many bytes were read.
    /// - Throws: When a file cannot be read.
    public static func last(
        _ count: Int, of log: String, matching filter: AuditFilter, mostBytes: Int = .max
    ) throws -> Tail {
        var kept: [AuditRecord] = []
        var end: Position?
        var bytes = 0
        var isCut = false
        // From the newest file back, as far as lines are wanted.
        for path in files(of: log).reversed() {
            guard kept.count < count || end == nil else { break }
            guard bytes < mostBytes else {
                isCut = true
                break
            }
            let wanted = count - kept.count
            var ring: [AuditRecord] = []
            var next = 0
            let position = try read(path) { record in
                guard wanted > 0, filter.matches(record) else { return }
                if ring.count < wanted {
                    ring.append(record)
                } else {
                    ring[next] = record
                    next = (next + 1) % wanted
                }
            }
            bytes += position?.offset ?? 0
            kept = Array(ring[next...]) + Array(ring[..<next]) + kept
            if path == log { end = position }
            if end == nil { end = Position(startOf: log) }
        }
        return Tail(records: kept, end: end, isCut: isCut)
    }
}
