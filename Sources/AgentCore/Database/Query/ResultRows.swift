/// The rows of a result in one block of bytes, without an object for each cell.
public struct ResultRows: Sendable, RandomAccessCollection {
    /// The values, one after the other.
    private var bytes: [UInt8] = []
    /// For each cell where its bytes end; the bitwise complement of that for NULL, which has none.
    private var ends: [Int] = []
    /// Cells in a row.
    public let width: Int
    /// Rows; counted, since a row may have no cells (`SELECT FROM t`).
    public private(set) var count = 0

    init(width: Int) {
        self.width = width
    }

    /// The first row.
    public var startIndex: Int { 0 }
    /// Past the last row.
    public var endIndex: Int { count }

    /// A row, as text as PostgreSQL prints it.
    public subscript(position: Int) -> Row { Row(rows: self, index: position) }

    /// Bytes of all values.
    public var byteCount: Int { bytes.count }

    /// The text of a cell; `nil` for NULL. Bytes that are not UTF-8 (a server in `SQL_ASCII`) are replaced.
    ///
    /// - Parameters:
    ///   - row: the row, from 0.
    ///   - column: the column, from 0.
    public func string(_ row: Int, _ column: Int) -> String? {
        range(row, column).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    /// The bytes of a cell; `nil` for NULL.
    func cell(_ row: Int, _ column: Int) -> ArraySlice<UInt8>? { range(row, column).map { bytes[$0] } }

    private func range(_ row: Int, _ column: Int) -> Range<Int>? {
        let index = row * width + column
        let end = ends[index]
        guard end >= 0 else { return nil }
        let previous = index == 0 ? 0 : ends[index - 1]
        return (previous < 0 ? ~previous : previous)..<end
    }

    /// Appends NULL.
    mutating func appendNull() { ends.append(~bytes.count) }

    /// Appends a value.
    mutating func append(_ value: some Collection<UInt8>) {
        bytes.append(contentsOf: value)
        ends.append(bytes.count)
    }

    /// Appends the start of a value and a mark that says how much is missing.
    ///
    /// - Parameters:
    ///   - value: the value.
    ///   - limit: how many bytes to keep; fewer are kept when a character would be cut in two.
    mutating func appendCut(_ value: UnsafeRawBufferPointer, limit: Int) {
        var end = Swift.min(limit, value.count)
        // A UTF-8 character has at most three continuation bytes.
        var steps = 0
        while end > 0, end < value.count, value[end] & 0xC0 == 0x80, steps < 3 {
            end -= 1
            steps += 1
        }
        bytes.append(contentsOf: value[..<end])
        bytes.append(contentsOf: "… [cut: \(end) of \(value.count) bytes]".utf8)
        ends.append(bytes.count)
    }

    /// Says that a row is complete.
    mutating func endRow() { count += 1 }

    /// One row.
    public struct Row: Sendable, RandomAccessCollection {
        let rows: ResultRows
        let index: Int
        /// The first cell.
        public var startIndex: Int { 0 }
        /// Past the last cell.
        public var endIndex: Int { rows.width }
        /// The text of a cell; `nil` for NULL.
        public subscript(position: Int) -> String? { rows.string(index, position) }
    }
}
