/// The rows of a result, compact: a value takes about the room that it takes as a line of text, and there is no object for
/// each.
///
/// The values lie one behind the other in pieces, each with its length before it, so that a large result is never copied to
/// grow, and can be given back piece by piece while it is written out.
public struct ResultRows: Sendable, RandomAccessCollection {
    /// A place of a value.
    struct Place {
        var piece: Int
        var offset: Int
    }

    /// A row begins in a new piece when the last one holds so many bytes.
    private static let pieceBytes = 256 << 10
    /// Of how many rows the place of one is kept.
    private static let stride = 32

    /// For each value its length and 1 more, seven bits a byte, the lowest first; then its bytes. 0 stands for NULL.
    private var pieces: [[UInt8]] = []
    /// Where every row of a number that ``stride`` divides begins.
    private var marks: [(piece: UInt32, offset: UInt32)] = []
    private var cellsInRow = 0
    /// Bytes of all values.
    public private(set) var byteCount = 0
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
    public subscript(position: Int) -> Row { Row(rows: self, place: place(ofRow: position)) }

    /// The text of a cell; `nil` for NULL. Bytes that are not UTF-8 (a server in `SQL_ASCII`) are replaced.
    ///
    /// - Parameters:
    ///   - row: the row, from 0.
    ///   - column: the column, from 0.
    public func string(_ row: Int, _ column: Int) -> String? { self[row][column] }

    /// Bytes of memory, for values, their lengths and places.
    var heldBytes: Int {
        pieces.reduce(0) { $0 + $1.capacity } + marks.capacity * MemoryLayout<(piece: UInt32, offset: UInt32)>.stride
    }

    // MARK: Reading

    /// Where the first value is.
    var start: Place { Place(piece: 0, offset: 0) }

    private func place(ofRow row: Int) -> Place {
        guard width > 0 else { return start }
        let mark = marks[row / Self.stride]
        var place = Place(piece: Int(mark.piece), offset: Int(mark.offset))
        for _ in 0..<(row % Self.stride) * width { _ = next(&place) }
        return place
    }

    /// The bytes of the value at a place, `nil` for NULL; the place is that of the next value afterwards.
    func next(_ place: inout Place) -> ArraySlice<UInt8>? {
        while place.offset >= pieces[place.piece].count { place = Place(piece: place.piece + 1, offset: 0) }
        let piece = pieces[place.piece]
        var length = 0
        var shift = 0
        while true {
            let byte = piece[place.offset]
            place.offset += 1
            length |= Int(byte & 0x7F) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        guard length > 0 else { return nil }
        let start = place.offset
        place.offset += length - 1
        return piece[start..<place.offset]
    }

    /// Hands over all values in order, and lets go of each piece when it was read; no row is left afterwards.
    ///
    /// - Parameter body: Told each value, `nil` for NULL.
    mutating func drain(_ body: (ArraySlice<UInt8>?) -> Void) {
        var place = start
        for _ in 0..<count * width {
            let piece = place.piece
            body(next(&place))
            if place.piece > piece { pieces[piece] = [] }
        }
        self = ResultRows(width: width)
    }

    // MARK: Collecting

    /// Appends NULL.
    mutating func appendNull() {
        beginCell()
        pieces[pieces.count - 1].append(0)
    }

    /// Appends a value.
    mutating func append(_ value: some Collection<UInt8>) {
        beginCell()
        append(length: value.count)
        pieces[pieces.count - 1].append(contentsOf: value)
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
        let mark = "… [cut: \(end) of \(value.count) bytes]".utf8
        beginCell()
        append(length: end + mark.count)
        pieces[pieces.count - 1].append(contentsOf: value[..<end])
        pieces[pieces.count - 1].append(contentsOf: mark)
    }

    /// Says that a row is complete.
    mutating func endRow() {
        count += 1
        cellsInRow = 0
    }

    private mutating func beginCell() {
        if cellsInRow == 0 {
            if pieces.isEmpty {
                pieces.append([])
            } else if let last = pieces.last, last.count >= Self.pieceBytes {
                // The first piece grows with a small result; what follows it is large.
                var piece: [UInt8] = []
                piece.reserveCapacity(Self.pieceBytes + Self.pieceBytes / 8)
                pieces.append(piece)
            }
            if count % Self.stride == 0 {
                marks.append((UInt32(pieces.count - 1), UInt32(truncatingIfNeeded: pieces[pieces.count - 1].count)))
            }
        }
        cellsInRow += 1
    }

    private mutating func append(length: Int) {
        byteCount += length
        var rest = length + 1
        while rest >= 0x80 {
            pieces[pieces.count - 1].append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        pieces[pieces.count - 1].append(UInt8(rest))
    }

    /// One row.
    public struct Row: Sendable, RandomAccessCollection {
        let rows: ResultRows
        let place: Place
        /// The first cell.
        public var startIndex: Int { 0 }
        /// Past the last cell.
        public var endIndex: Int { rows.width }
        /// The text of a cell; `nil` for NULL.
        public subscript(position: Int) -> String? {
            var place = place
            for _ in 0..<position { _ = rows.next(&place) }
            return rows.next(&place).map { String(decoding: $0, as: UTF8.self) }
        }
    }
}
