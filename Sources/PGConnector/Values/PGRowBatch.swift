/// Some rows of a result in one block of memory: the cells' bytes side by side, and where each ends.
public struct PGRowBatch: Sendable, RandomAccessCollection {
    let storage: Storage

    /// The block; rows and cells point into it.
    final class Storage: Sendable {
        let columns: [PGColumn]
        let bytes: [UInt8]
        /// One entry a cell, row by row: where it ends in `bytes`; bit 63 set when it is NULL.
        let ends: [UInt64]
        let rowCount: Int

        static let nullMark: UInt64 = 1 << 63

        init(columns: [PGColumn], bytes: [UInt8], ends: [UInt64], rowCount: Int) {
            self.columns = columns
            self.bytes = bytes
            self.ends = ends
            self.rowCount = rowCount
        }

        /// Where the cell lies; nil when it is NULL.
        func range(row: Int, column: Int) -> Range<Int>? {
            let index = row * columns.count + column
            let end = ends[index]
            if end & Self.nullMark != 0 { return nil }
            let start = index == 0 ? 0 : Int(ends[index - 1] & ~Self.nullMark)
            return start..<Int(end)
        }
    }

    /// The columns of every row.
    public var columns: [PGColumn] { storage.columns }
    /// The bytes of all cells together.
    public var byteCount: Int { storage.bytes.count }
    /// Always 0.
    public var startIndex: Int { 0 }
    /// The number of rows.
    public var endIndex: Int { storage.rowCount }
    /// A row.
    /// - Parameter position: Its index.
    public subscript(position: Int) -> PGRow { PGRow(storage: storage, index: position) }
}

/// One row: a collection of cells, where nil is NULL.
public struct PGRow: Sendable, RandomAccessCollection {
    let storage: PGRowBatch.Storage
    let index: Int

    /// The columns.
    public var columns: [PGColumn] { storage.columns }
    /// Always 0.
    public var startIndex: Int { 0 }
    /// The number of columns.
    public var endIndex: Int { storage.columns.count }
    /// The bytes of all cells together.
    public var byteCount: Int {
        let count = storage.columns.count
        guard count > 0 else { return 0 }
        let first = index * count
        let start = first == 0 ? 0 : storage.ends[first - 1] & ~PGRowBatch.Storage.nullMark
        return Int(storage.ends[first + count - 1] & ~PGRowBatch.Storage.nullMark) - Int(start)
    }

    /// A cell; nil when it is NULL.
    /// - Parameter position: The column's index.
    public subscript(position: Int) -> PGCell? {
        guard let range = storage.range(row: index, column: position) else { return nil }
        return PGCell(bytes: storage.bytes[range], column: storage.columns[position])
    }

    /// A cell by the name of its column; nil when it is NULL or when no column has that name. The first of several
    /// columns with one name is taken.
    /// - Parameter name: The name as the server sent it.
    public subscript(name: String) -> PGCell? {
        guard let position = storage.columns.firstIndex(where: { $0.name == name }) else { return nil }
        return self[position]
    }

    /// Whether a cell is NULL.
    /// - Parameter position: The column's index.
    public func isNull(_ position: Int) -> Bool { storage.range(row: index, column: position) == nil }

    /// Lends the bytes of a cell without copying them.
    /// - Parameters:
    ///   - position: The column's index.
    ///   - body: Gets the bytes, or nil for NULL; they are gone when it returns.
    /// - Returns: What `body` returns.
    public func withBytes<R, E: Error>(
        _ position: Int, _ body: (UnsafeRawBufferPointer?) throws(E) -> R
    ) throws(E) -> R {
        guard let range = storage.range(row: index, column: position) else { return try body(nil) }
        let result = storage.bytes.withUnsafeBytes { buffer in
            Result { () throws(E) -> R in try body(UnsafeRawBufferPointer(rebasing: buffer[range])) }
        }
        return try result.get()
    }

    /// The bytes of a cell as a slice of the batch, without copying; nil for NULL.
    /// - Parameter position: The column's index.
    public func bytes(_ position: Int) -> ArraySlice<UInt8>? {
        storage.range(row: index, column: position).map { storage.bytes[$0] }
    }

    /// The text of a cell, faithful to what PostgreSQL prints; nil for NULL. Binary values of known types are printed.
    /// - Parameter position: The column's index.
    public func string(_ position: Int) -> String? { self[position]?.text }

    /// Decodes a cell.
    /// - Parameters:
    ///   - type: What to make; take an optional type for columns that can be NULL.
    ///   - position: The column's index.
    /// - Returns: The value.
    /// - Throws: ``PGError`` with the code ``PGError/Code/decoding``.
    public func decode<T: PGDecodable>(_ type: T.Type = T.self, _ position: Int) throws(PGError) -> T {
        guard position >= 0, position < storage.columns.count else {
            throw PGError(.decoding, "There is no column \(position); the row has \(storage.columns.count).")
        }
        return try T(decoding: self[position], column: storage.columns[position])
    }

    /// Decodes a cell by the name of its column.
    /// - Parameters:
    ///   - type: What to make.
    ///   - name: The column's name as the server sent it.
    /// - Returns: The value.
    /// - Throws: ``PGError`` with the code ``PGError/Code/decoding``.
    public func decode<T: PGDecodable>(_ type: T.Type = T.self, named name: String) throws(PGError) -> T {
        guard let position = storage.columns.firstIndex(where: { $0.name == name }) else {
            throw PGError(.decoding, "There is no column named \(name).")
        }
        return try decode(type, position)
    }
}

/// One value that is not NULL: its bytes, a slice of the batch it came in, and its column.
public struct PGCell: Sendable {
    /// The bytes, in ``PGColumn/format``.
    public let bytes: ArraySlice<UInt8>
    /// The column.
    public let column: PGColumn

    /// Makes a cell.
    /// - Parameters:
    ///   - bytes: The bytes in the column's format.
    ///   - column: The column.
    public init(bytes: ArraySlice<UInt8>, column: PGColumn) {
        self.bytes = bytes
        self.column = column
    }

    /// The value as PostgreSQL prints it. Binary values of types that are not known are printed as `bytea` is, `\x…`.
    public var text: String {
        switch column.format {
        case .text: String(decoding: bytes, as: UTF8.self)
        case .binary: BinaryText.text(bytes, typeOID: column.typeOID)
        }
    }

    /// Decodes the value.
    /// - Parameter type: What to make.
    /// - Returns: The value.
    /// - Throws: ``PGError`` with the code ``PGError/Code/decoding``.
    public func decode<T: PGDecodable>(_ type: T.Type = T.self) throws(PGError) -> T {
        try T(decoding: self, column: column)
    }
}

/// Collects rows for a batch.
struct RowBatchBuilder: Sendable {
    let columns: [PGColumn]
    /// The step of the pipeline that returns them.
    let step: Int
    private var bytes: [UInt8] = []
    private var ends: [UInt64] = []
    private(set) var rowCount = 0

    init(columns: [PGColumn], step: Int) {
        self.columns = columns
        self.step = step
    }

    var isEmpty: Bool { rowCount == 0 }
    /// What the batch weighs: its bytes, and what says where each ends.
    var weight: Int { bytes.count + ends.count * 8 }

    mutating func append(_ cell: UnsafeRawBufferPointer?) {
        guard let cell else {
            ends.append(UInt64(bytes.count) | PGRowBatch.Storage.nullMark)
            return
        }
        bytes.append(contentsOf: cell)
        ends.append(UInt64(bytes.count))
    }

    mutating func endRow() { rowCount += 1 }

    /// The rows so far; the builder is empty afterwards.
    mutating func take() -> PGRowBatch {
        let batch = PGRowBatch(
            storage: .init(columns: columns, bytes: bytes, ends: ends, rowCount: rowCount))
        self = RowBatchBuilder(columns: columns, step: step)
        return batch
    }
}
