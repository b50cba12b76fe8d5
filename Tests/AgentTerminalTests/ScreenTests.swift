import Testing

@testable import AgentTerminal

@Suite("Lines that are drawn again")
struct LiveRegionTests {
    let size = TerminalSize(columns: 20, rows: 10)

    @Test("What did not change is not drawn again")
    func diff() {
        var region = LiveRegion(size: size)
        #expect(region.draw(["one", "two"], size: size, palette: .plain).text == "\r\u{1B}[Jone\r\ntwo\r\u{1B}[3C")
        let second = region.draw(["one", "three"], size: size, palette: .plain).text
        #expect(second == "\r\u{1B}[Jthree\r\u{1B}[5C")
        #expect(region.draw(["one", "three"], size: size, palette: .plain).text == "\r\u{1B}[5C")
        #expect(region.draw(["one"], size: size, palette: .plain).text == "\r\u{1B}[J\u{1B}[1A\r\u{1B}[3C")
    }

    @Test("The cursor goes where it is wanted, and leaves behind the last row")
    func cursor() {
        var region = LiveRegion(size: size)
        #expect(
            region.draw(["one", "two"], row: 0, column: 1, size: size, palette: .plain).text.hasSuffix(
                "\u{1B}[1A\r\u{1B}[1C"))
        #expect(region.leave().text == "\u{1B}[1B\r\n")
        #expect(region.clear().text == "")
    }

    @Test("A terminal that got narrower has folded what was drawn, and all of it goes")
    func resize() {
        var region = LiveRegion(size: size)
        _ = region.draw([SafeText(String(repeating: "x", count: 15)), "two"], size: size, palette: .plain)
        let narrow = TerminalSize(columns: 8, rows: 10)
        let text = region.draw(["new"], size: narrow, palette: .plain).text
        #expect(text.hasPrefix("\u{1B}[2A\r\u{1B}[J"))
    }

    @Test("More rows than the screen has show those around the cursor")
    func tall() {
        var region = LiveRegion(size: size)
        let rows = (0..<50).map { SafeText("row \($0)") }
        let text = region.draw(rows, row: 20, column: 0, size: size, palette: .plain).text
        #expect(text.contains("row 20"))
        #expect(!text.contains("row 0\r"))
        #expect(!text.contains("row 30"))
    }
}

@Suite("The pager")
struct PagerTests {
    @Test("Pages, lines and the end")
    func pages() {
        var pager = Pager((0..<10).map { SafeText("\($0)") }, rows: 5)
        #expect(pager.nextPage().map(\.text) == ["0", "1", "2", "3"])
        #expect(!pager.isAtEnd)
        #expect(pager.mark.text.hasPrefix("-- more: 4 of 10"))
        #expect(pager.handle(.enter) == .lines(["4"]))
        #expect(pager.handle(.text("x")) == .ignored)
        #expect(pager.handle(.text("q")) == .done)
        #expect(pager.isAtEnd)
    }
}

@Suite("Results that fit the terminal")
struct ResultTests {
    private let table = TextTable(
        columns: [.init(name: "name"), .init(name: "orders", alignsRight: true)],
        rows: [["Ada", "10"], ["Bob\u{1B}[2J", "5"], [nil, "0"]])

    @Test("Columns that fit stand side by side, NULL apart from the text NULL")
    func fits() {
        let lines = table.fitted(to: 80)
        #expect(lines.map(\.text).contains(" Bob\\x1B[2J |      5"))
        #expect(lines.last?.rendered(.ansi).contains("\u{1B}[2mNULL\u{1B}[0m") == true)
    }

    @Test("No line is wider than the terminal", arguments: [20, 40, 80, 200])
    func widths(width: Int) {
        let wide = TextTable(
            columns: (0..<8).map { .init(name: "column \($0)") },
            rows: [Array(repeating: String(repeating: "word ", count: 20), count: 8), Array(repeating: nil, count: 8)])
        #expect(wide.fitted(to: width).allSatisfy { $0.width <= width })
    }

    @Test("Too many columns are shown one value a line")
    func vertical() {
        let wide = TextTable(
            columns: (0..<9).map { .init(name: "c\($0)") }, rows: [Array(repeating: "a longer value", count: 9)])
        #expect(wide.fitted(to: 40).first?.text.hasPrefix("-[ RECORD 1 ]") == true)
    }

    @Test("Names with numbers are bars, times with numbers a line, all else no chart")
    func charts() {
        let bars = TextChart.lines(table, width: 60)
        #expect(bars.count == 4)
        #expect(bars[0].text == "orders by name")
        #expect(bars[1].text.contains("█"))
        #expect(bars.allSatisfy { $0.width < 60 })
        var times = table
        times.columns[0].isTime = true
        #expect(TextChart.lines(times, width: 60).count == 3)
        #expect(TextChart.lines(TextTable(columns: table.columns, rows: [["a", "x"]]), width: 60).isEmpty)
        #expect(TextChart.lines(TextTable(columns: [.init(name: "a")], rows: [["a"]]), width: 60).isEmpty)
        #expect(TextChart.lines(table, width: 20).isEmpty)
    }

    @Test(
        "Progress says what and how long",
        arguments: [(Duration.milliseconds(400), "0.4 s"), (.seconds(12), "12 s"), (.seconds(185), "3 min 5 s")])
    func progress(elapsed: Duration, text: String) {
        let line = ProgressLine.text("thinking", elapsed: elapsed, tick: 1, hint: "Esc cancels", width: 80)
        #expect(line.text == "/ thinking \(text)  Esc cancels")
        #expect(ProgressLine.text("thinking", elapsed: elapsed, tick: 1, hint: "Esc cancels", width: 20).width < 20)
    }
}
