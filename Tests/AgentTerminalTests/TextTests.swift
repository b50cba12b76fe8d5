import Testing

@testable import AgentTerminal

@Suite("Width of text on a terminal")
struct DisplayWidthTests {
    @Test(
        "A text takes the columns that a terminal gives it",
        arguments: [
            ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("한국", 4), ("ﾊﾝ", 2), ("Ａ", 2),
            ("👍", 2), ("👍🏽", 2), ("👨‍👩‍👧‍👦", 2), ("🇩🇪", 2), ("❤️", 2), ("❤", 1), ("a\u{200B}b", 2),
            ("\u{1112}\u{1161}\u{11AB}", 2),
            ("—", 1), ("𠀀", 2), ("नि", 1), ("а̀", 1),
        ])
    func width(text: String, columns: Int) {
        #expect(DisplayWidth.of(text) == columns)
    }
}

@Suite("Text made safe for a terminal")
struct TerminalTextTests {
    @Test(
        "What a terminal would act on is shown instead",
        arguments: [
            ("plain", "plain"), ("\u{1B}[2J", "\\x1B[2J"), ("a\u{7}b", "a\\x07b"), ("\u{7F}", "\\x7F"),
            ("\u{9B}31m", "\\u009B31m"), ("a\u{202E}b", "a\\u202Eb"), ("a\rb", "a\\rb"), ("a\nb", "a\\nb"),
            ("a\tb", "a\\tb"), ("\u{E0041}", "\\uE0041"), ("é日👍", "é日👍"), ("x\u{0}y", "x\\x00y"),
        ])
    func escapes(text: String, shown: String) {
        #expect(TerminalText.line(text) == shown)
    }

    @Test("Lines end at LF and CR LF, tabs go to the next eighth column")
    func lines() {
        #expect(TerminalText.lines("a\nb\r\nc\rd") == ["a", "b", "c\\rd"])
        #expect(TerminalText.lines("ab\tc") == ["ab      c"])
        #expect(TerminalText.lines("") == [""])
    }
}

@Suite("Tables")
struct TextTableTests {
    let table = TextTable(
        columns: [.init(name: "id", alignsRight: true), .init(name: "name"), .init(name: "name")],
        rows: [["1", "日本", nil], ["20", "two\nlines", "NULL"], ["3", "", "\u{1B}[31mred"]])

    @Test("An aligned table looks as psql prints it")
    func aligned() {
        let expected = """
             id | name  |    name
            ----+-------+-------------
              1 | 日本  | NULL
             20 | two  +| "NULL"
                | lines |
              3 |       | \\x1B[31mred

            """
        #expect(table.aligned() == expected)
    }

    @Test("A vertical table has one value a line")
    func vertical() {
        let expected = """
            -[ RECORD 1 ]-
            id   | 1
            name | 日本
            name | NULL
            -[ RECORD 2 ]-
            id   | 20
            name | two
                 | lines
            name | "NULL"
            -[ RECORD 3 ]-
            id   | 3
            name |\u{20}
            name | \\x1B[31mred

            """
        #expect(table.vertical() == expected)
    }

    @Test("A result without columns or rows prints without harm")
    func empty() {
        #expect(TextTable(columns: [], rows: []).aligned() == "\n\n")
        #expect(TextTable(columns: [.init(name: "a")], rows: []).aligned() == " a\n---\n")
        #expect(TextTable(columns: [.init(name: "a")], rows: []).vertical().isEmpty)
    }

    @Test("Rows are not padded to the width of one long value")
    func longValue() {
        let long = String(repeating: "x", count: 50_000)
        let rows: [[String?]] = [[long, long]] + Array(repeating: ["a", "b"], count: 100)
        let text = TextTable(columns: [.init(name: "c"), .init(name: "d")], rows: rows).aligned()
        #expect(text.contains(long))
        #expect(text.utf8.count < 400_000)
    }
}
