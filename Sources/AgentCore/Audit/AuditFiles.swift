/// The files of one audit log: the current one, and those that were rotated away, in the order of the chain.
enum AuditFiles {
    /// The size from which a file is rotated away, in bytes.
    static let limit = 64 << 20

    /// The files that belong to a log: those beside it whose names are its own followed by `.` or `-` and a digit, as this
    /// program and logrotate name them, and that begin with a line of a log.
    ///
    /// - Parameter file: The current file, an absolute path.
    /// - Returns: Each with the number of its first line; the current one only when it has a line.
    static func list(_ file: String) -> [(path: String, first: Int)] {
        ordered(candidates(file))
    }

    /// The files that by their names belong to a log, or that are the log, and do not begin with a line of one. Packed ones
    /// are left out.
    static func unreadable(_ file: String) -> [String] {
        candidates(file).filter { path in
            let isPacked = [".gz", ".xz", ".zst", ".bz2"].contains { path.hasSuffix($0) }
            return !isPacked && firstNumber(in: path) == nil
        }
    }

    private static func candidates(_ file: String) -> [String] {
        let slash = file.lastIndex(of: "/")
        let folder = slash.map { String(file[...$0]) } ?? "./"
        let name = slash.map { String(file[file.index(after: $0)...]) } ?? file
        return AuditDescriptor.names(in: folder).filter { other in
            guard other.hasPrefix(name) else { return false }
            // A copy called audit.jsonl.bak is no part of the log.
            let suffix = other.utf8.dropFirst(name.utf8.count)
            guard let separator = suffix.first else { return true }
            let isSeparated = separator == UInt8(ascii: ".") || separator == UInt8(ascii: "-")
            return isSeparated && suffix.dropFirst().first.map { (0x30...0x39).contains($0) } == true
        }.map { folder + $0 }
    }

    /// Files by the number of their first line; a file that begins with none is left out.
    static func ordered(_ paths: [String]) -> [(path: String, first: Int)] {
        paths.compactMap { path in firstNumber(in: path).map { (path: path, first: $0) } }
            .sorted { ($0.first, $0.path) < ($1.first, $1.path) }
    }

    /// The number of the first line of a file.
    static func firstNumber(in path: String) -> Int? {
        guard let start = try? AuditDescriptor(reading: path).read(at: 0, count: 64) else { return nil }
        let opening = Array("{\"seq\":".utf8)
        guard start.starts(with: opening) else { return nil }
        let digits = start.dropFirst(opening.count).prefix { (0x30...0x39).contains($0) }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// The name that a file is rotated away to: `audit.jsonl.20261122T170948.123456Z`, so that names sort by time.
    static func rotated(_ file: String, at time: UTCTime = .now) -> String {
        let stamp = time.description.filter { $0 != "-" && $0 != ":" }
        var name = "\(file).\(stamp)"
        var number = 2
        while AuditDescriptor.identity(of: name) != nil {
            name = "\(file).\(stamp)-\(number)"
            number += 1
        }
        return name
    }
}
