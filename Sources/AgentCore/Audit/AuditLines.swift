/// Reads a file line by line, without holding more than a few lines of it.
struct AuditLines {
    private let file: AuditDescriptor
    private var buffer: [UInt8] = []
    private var start = 0
    private var searched = 0
    private var offset: Int
    private var isAtEnd = false
    /// The number of the line that was read last, from 1.
    private(set) var number = 0
    /// Whether the line that was read last has a line feed at its end.
    private(set) var isWhole = true
    /// Where the next line begins, in bytes.
    var position: Int { offset - (buffer.count - start) }

    private static let piece = 1 << 20

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - offset: Where to begin, in bytes.
    init(_ path: String, from offset: Int = 0) throws(SystemFailure) {
        file = try AuditDescriptor(reading: path)
        self.offset = offset
    }

    /// The next line without its line feed; nil at the end of the file, where more may come later.
    mutating func next() throws(SystemFailure) -> ArraySlice<UInt8>? {
        while true {
            let lineFeed = buffer[searched...].withUnsafeBytes { bytes in
                bytes.firstIndex(of: UInt8(ascii: "\n"))
            }.map { $0 + searched }
            if let lineFeed {
                defer {
                    start = lineFeed + 1
                    searched = start
                }
                number += 1
                isWhole = true
                return buffer[start..<lineFeed]
            }
            searched = buffer.count
            // A line longer than any that is written is handed on in pieces, which are found to be no lines.
            if buffer.count - start > 2 * AuditLine.longest || isAtEnd {
                isAtEnd = false
                guard start < buffer.count else { return nil }
                defer { start = buffer.count }
                number += 1
                isWhole = false
                return buffer[start...]
            }
            if start > 0 {
                buffer.removeFirst(start)
                searched -= start
                start = 0
            }
            let more = try file.read(at: offset, count: Self.piece)
            offset += more.count
            buffer.append(contentsOf: more)
            isAtEnd = more.isEmpty
        }
    }
}
