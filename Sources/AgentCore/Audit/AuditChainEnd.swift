internal import AuthTokens

/// How an audit log ends on disk, as it is found when it is opened.
struct AuditChainEnd {
    /// The number of the last line; 0 when there is none.
    var sequence = 0
    /// Its digest.
    var digest = AuditLine.none
    /// The length of the current file in bytes.
    var size = 0
    /// Bytes after the last line feed: a line that was not written whole.
    var torn: [UInt8]?
    /// What is wrong, in words that stand in the record.
    var problems: [Problem] = []
    /// How many lines the head told of, when that is not what was found.
    var expected: Int?

    /// What can be wrong with a log that is opened.
    enum Problem: String, CaseIterable {
        /// The last line was not written whole: a crash, as long as the head did not know the line.
        case torn
        /// The head tells of more lines than there are.
        case cut
        /// The last line is not the one that was written.
        case altered
        /// There is no head.
        case headMissing = "head-missing"
        /// The head is not the one that was written.
        case headAltered = "head-altered"
    }

    /// The most that is read to find the last line: a torn one and a whole one.
    private static let window = 2 * AuditLine.longest + 2

    /// Finds the end.
    ///
    /// - Parameters:
    ///   - file: The current file.
    ///   - head: What is known of the end.
    ///   - seal: Checks the last line.
    static func find(_ file: AuditDescriptor, head: AuditHead.Reading, seal: AuditSeal) throws(SystemFailure) -> Self {
        var end = AuditChainEnd()
        end.size = try file.status().size
        var line = try end.lastLine(of: file)
        if end.size == 0, let last = AuditFiles.list(file.path).last(where: { $0.path != file.path }) {
            // Rotated away, and the new file has no line yet.
            let earlier = try AuditDescriptor(reading: last.path)
            var before = AuditChainEnd()
            before.size = try earlier.status().size
            line = try before.lastLine(of: earlier)
            end.problems = before.problems
        }
        var isSealed = false
        if let line {
            end.sequence = line.sequence
            end.digest = Digest.hexadecimalDigits(line.digest)
            switch seal.check(line.seal, on: line.sealed, .line) {
            case .authentic, .unchecked, .unknownKey: isSealed = true
            case .digestOnly: break
            case .broken: end.note(.altered)
            }
        }
        end.compare(head, isSealed: isSealed)
        return end
    }

    private mutating func note(_ problem: Problem) {
        if !problems.contains(problem) { problems.append(problem) }
    }

    private mutating func compare(_ head: AuditHead.Reading, isSealed: Bool) {
        switch head {
        case .missing:
            if sequence > 0 { note(.headMissing) }
        case .damaged, .found(_, .broken): note(.headAltered)
        case .found(let head, let finding):
            // Whoever has no key can make a head without one; it is none for a log that has one.
            if finding == .digestOnly, isSealed { note(.headAltered) }
            if head.lines > sequence {
                note(.cut)
                expected = head.lines
            } else if head.lines == sequence, head.digest != digest {
                note(.altered)
            }
        }
    }

    /// The last line of a file that can be read, with what stands after it.
    private mutating func lastLine(of file: AuditDescriptor) throws(SystemFailure) -> AuditLine? {
        let start = max(0, size - Self.window)
        let bytes = try file.read(at: start, count: size - start)
        guard !bytes.isEmpty else { return nil }
        var end = bytes.endIndex
        if bytes.last != Self.lineFeed {
            let lineFeed = bytes.lastIndex(of: Self.lineFeed)
            torn = Array(bytes[(lineFeed.map { $0 + 1 } ?? 0)...])
            note(.torn)
            guard let lineFeed else { return nil }
            end = lineFeed + 1
        }
        while end > 0 {
            let last = end - 1
            let begin = bytes[..<last].lastIndex(of: Self.lineFeed).map { $0 + 1 } ?? 0
            if begin > 0 || start == 0, let line = AuditLine(bytes[begin..<last]) { return line }
            note(.altered)
            end = begin
        }
        return nil
    }

    private static let lineFeed = UInt8(ascii: "\n")
}
