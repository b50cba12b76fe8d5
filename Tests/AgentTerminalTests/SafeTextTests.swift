import Testing

@testable import AgentTerminal

@Suite("Text that a terminal can only show")
struct SafeTextTests {
    @Test(
        "Nothing raw comes out, however the text is made",
        arguments: [
            "\u{1B}[2J", "\u{1B}]0;title\u{7}", "\u{9B}31m", "a\u{202E}b", "x\u{0}y", "\r\n", "\u{7F}\u{8}",
            "\u{E0041}",
            "\u{1B}P$q\u{1B}\\", "\u{2028}\u{2066}",
        ])
    func hostile(raw: String) {
        let made = [SafeText(raw), SafeText(raw, .bold)] + SafeText.lines(raw, .red) + SafeText(raw).wrapped(to: 3)
        var markdown = MarkdownStream()
        let streamed = markdown.feed("# \(raw)\n\n`\(raw)` **\(raw)**\n\n|a|\n|-|\n|\(raw)|\n", width: 40)
        let finished = markdown.finish(width: 40)
        for text in made + streamed + finished {
            #expect(text.text.unicodeScalars.allSatisfy { !ControlCharacter.isControl($0) })
            let ansi = text.rendered(.ansi).replacing(/\u{1B}\[[0-9;]*m/, with: "")
            #expect(ansi == text.text)
        }
    }

    @Test("A style is written around its text, and not at all where colours are off")
    func styles() {
        let text = SafeText("a") + SafeText("b", [.bold, .red])
        #expect(text.rendered(.ansi) == "a\u{1B}[1;31mb\u{1B}[0m")
        #expect(text.rendered(.plain) == "ab")
        #expect(text.width == 2)
    }

    @Test(
        "Lines are broken at blanks, and words that are longer than a line where it ends",
        arguments: [
            ("one two three", 7, ["one two", "three"]), ("one two", 80, ["one two"]), ("", 5, [""]),
            ("abcdefgh", 3, ["abc", "def", "gh"]), ("a abcdefgh", 4, ["a", "abcd", "efgh"]),
            ("日本語 日本", 6, ["日本語", "日本"]), ("日本", 3, ["日", "本"]), ("a  b", 4, ["a  b"]),
            ("  one two", 7, ["  one", "two"]), ("          a", 6, ["   a"]),
        ])
    func wrapping(text: String, width: Int, lines: [String]) {
        #expect(SafeText(text).wrapped(to: width).map(\.text) == lines)
    }

    @Test("What follows the first line is indented")
    func indentation() {
        let lines = SafeText("one two three").wrapped(to: 7, first: "- ", rest: "  ")
        #expect(lines.map(\.text) == ["- one", "  two", "  three"])
    }

    @Test("A long text is shortened to the columns that there are")
    func shortened() {
        #expect(SafeText("abcdef").shortened(to: 4).text == "abc…")
        #expect(SafeText("日本語").shortened(to: 5).text == "日本…")
        #expect(SafeText("abc").shortened(to: 3).text == "abc")
    }
}
