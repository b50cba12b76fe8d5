import Testing

@testable import AgentCore

@Suite("Rows, compact")
struct ResultRowsTests {
    /// Lengths around those where the length itself takes another byte, or a piece ends.
    private static let lengths: [Int?] = [nil, 0, 1, 5, 126, 127, 128, 300, 16_382, 16_383, 70_000, nil, 2]

    private static func value(_ number: Int) -> String? {
        lengths[number % lengths.count].map { String(repeating: String(number % 10), count: $0) }
    }

    private static func rows(_ count: Int, width: Int) -> ResultRows {
        var rows = ResultRows(width: width)
        for row in 0..<count {
            for column in 0..<width {
                if let value = value(row * width + column) { rows.append(value.utf8) } else { rows.appendNull() }
            }
            rows.endRow()
        }
        return rows
    }

    @Test("Every value comes back by its place", arguments: [1, 3, 7])
    func places(width: Int) {
        let rows = Self.rows(200, width: width)
        #expect(rows.count == 200)
        for row in 0..<200 {
            for column in 0..<width {
                #expect(rows.string(row, column) == Self.value(row * width + column))
            }
        }
        #expect(rows.byteCount == (0..<200 * width).reduce(0) { $0 + (Self.value($1)?.utf8.count ?? 0) })
        #expect(Array(rows[40]) == (0..<width).map { Self.value(40 * width + $0) })
    }

    @Test("Values are handed over in order; a copy keeps them")
    func drained() {
        var rows = Self.rows(300, width: 2)
        let copy = rows
        var values: [String?] = []
        rows.drain { values.append($0.map { String(decoding: $0, as: UTF8.self) }) }
        #expect(values == (0..<600).map(Self.value))
        #expect(rows.isEmpty)
        #expect(copy.string(299, 1) == Self.value(599))
    }

    @Test("Rows without cells are counted, and nothing else")
    func withoutCells() {
        var rows = ResultRows(width: 0)
        for _ in 0..<40 { rows.endRow() }
        #expect(rows.count == 40)
        #expect(rows[39].isEmpty)
        rows.drain { _ in Issue.record("There is a value") }
    }

    @Test("Short values take about the room of a line of text, and not a word of memory each")
    func compact() {
        var rows = ResultRows(width: 4)
        for _ in 0..<100_000 {
            for _ in 0..<4 { rows.append("1".utf8) }
            rows.endRow()
        }
        // As text with separators: 800,000 bytes; the last piece may be empty but for a little.
        #expect(rows.heldBytes < 1_600_000)
    }
}
