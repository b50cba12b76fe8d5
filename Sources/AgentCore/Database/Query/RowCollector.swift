internal import PGConnector

/// Keeps rows up to the limits, in compact storage.
struct RowCollector {
    /// The most rows, bytes of all values, and bytes of one value.
    struct Limits {
        var rows: Int
        var bytes: Int
        var cellBytes: Int
    }

    private let limits: Limits
    private var toSkip: Int
    private(set) var rows = ResultRows(width: 0)
    private(set) var columns: [PGColumn] = []
    private(set) var cellsCut = 0
    /// Bytes of the rows as text, with separators and `\\N` for NULL, but without escapes.
    private var textBytes = 0
    private(set) var truncated: TruncationReason?
    /// Rows and bytes that arrived, kept or not.
    private(set) var arrivedRows = 0
    private(set) var arrivedBytes = 0

    /// - Parameters:
    ///   - limits: the limits.
    ///   - skipping: how many rows to leave out first.
    init(limits: Limits, skipping: Int) {
        self.limits = limits
        toSkip = skipping
    }

    /// The columns, which come before the rows.
    mutating func begin(_ columns: [PGColumn]) {
        self.columns = columns
        rows = ResultRows(width: columns.count)
    }

    /// Takes rows until a limit is met.
    ///
    /// - Returns: false when no more rows are wanted.
    mutating func append(_ batch: PGRowBatch) -> Bool {
        if truncated != nil { return false }
        arrivedBytes += batch.byteCount
        for row in batch {
            arrivedRows += 1
            if toSkip > 0 {
                toSkip -= 1
                continue
            }
            if rows.count >= limits.rows {
                truncated = .rows
                return false
            }
            // A row that does not fit begins the next page; the first row is always kept, or there would be no next page.
            let size = size(of: row)
            if rows.count > 0, textBytes + size > limits.bytes {
                truncated = .bytes
                return false
            }
            append(row)
            textBytes += size
        }
        return true
    }

    /// The bytes of a row with its long values cut, with the room that a mark takes.
    private func size(of row: PGRow) -> Int {
        var size = 0
        for column in 0..<columns.count {
            row.withBytes(column) { bytes in
                size += 1 + (bytes.map { min($0.count, limits.cellBytes + 64) } ?? 2)
            }
        }
        return size
    }

    private mutating func append(_ row: PGRow) {
        for column in 0..<columns.count {
            row.withBytes(column) { bytes in
                guard let bytes else {
                    rows.appendNull()
                    return
                }
                // What is left matters for the first row only: later rows are known to fit.
                let room = rows.count == 0 ? max(0, limits.bytes - rows.byteCount) : limits.bytes
                let limit = min(limits.cellBytes, room)
                if bytes.count <= limit {
                    rows.append(bytes)
                } else {
                    rows.appendCut(bytes, limit: limit)
                    cellsCut += 1
                }
            }
        }
        rows.endRow()
    }
}
