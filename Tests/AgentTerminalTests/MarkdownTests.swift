import Testing

@testable import AgentTerminal

@Suite("Markdown on a terminal")
struct MarkdownTests {
    static let sample = """
        # Orders by *month*

        The **three** best months had `1,204` orders; see [the report](https://example.com/r).
        A second line of the same paragraph, which is rather long so that it has to be wrapped somewhere.

        1. First
        2. Second with **bold
           - nested item that is long enough to be wrapped on a narrow terminal

        | month | orders | remark |
        |:------|-------:|--------|
        | 2026-01 | 1204 | a remark that is much longer than any narrow terminal could ever show on one line |
        | 2026-02 | 17 | `x\\|y` |

        ```sql
        SELECT *, a_b_c FROM orders  -- kept **as** it is
        ```

        > quoted

        ---
        end
        """

    private func lines(_ text: String, width: Int) -> [SafeText] {
        var stream = MarkdownStream()
        let first = stream.feed(text, width: width)
        return first + stream.finish(width: width)
    }

    @Test("Every line fits, at any width", arguments: [20, 40, 80, 200])
    func fits(width: Int) {
        let lines = lines(Self.sample, width: width)
        #expect(lines.allSatisfy { $0.width < width })
        let text = lines.map(\.text).joined(separator: "\n")
        #expect(!text.contains("**three**"))
        #expect(text.contains("1204"))
        #expect(text.contains("• nested"))
    }

    @Test("It makes no difference where the stream is cut", arguments: [20, 80])
    func cuts(width: Int) {
        let whole = lines(Self.sample, width: width)
        for size in [1, 2, 3, 7, 50] {
            var stream = MarkdownStream()
            var streamed: [SafeText] = []
            var rest = Self.sample[...]
            while !rest.isEmpty {
                streamed += stream.feed(String(rest.prefix(size)), width: width)
                rest = rest.dropFirst(size)
                // What is final stays as it is, whatever comes.
                #expect(Array(whole.prefix(streamed.count)) == streamed)
            }
            #expect(streamed + stream.finish(width: width) == whole)
        }
    }

    @Test(
        "Marks within a line become styles, and what is no mark stays",
        arguments: [
            ("a **b** c", "a b c"), ("a *b* _c_ ***d***", "a b c d"), ("snake_case_name", "snake_case_name"),
            ("2 * 3 * 4", "2 * 3 * 4"), ("`a * b`", "a * b"), ("\\*a\\*", "*a*"), ("**open", "**open"),
            ("[t](http://x)", "t (http://x)"), ("[http://x](http://x)", "http://x"), ("<https://x>", "https://x"),
            ("[no link]", "[no link]"), ("a < b > c", "a < b > c"), ("~~old~~ new", "old new"), ("****", "****"),
            ("``a`b``", "a`b"), ("*", "*"), ("**a *b* c**", "a b c"),
        ])
    func inline(markdown: String, text: String) {
        #expect(InlineMarkdown.text(markdown).text == text)
    }

    @Test("Emphasis is bold, code coloured, headings underlined")
    func styles() {
        #expect(InlineMarkdown.text("a **b**").rendered(.ansi) == "a \u{1B}[1mb\u{1B}[0m")
        #expect(lines("# H", width: 80).map { $0.rendered(.ansi) } == ["\u{1B}[1;4mH\u{1B}[0m"])
    }

    @Test("A table shrinks its widest column, and becomes a list where there is no room for columns")
    func tables() {
        let table = "| a | b |\n|---|---:|\n| x | 1 |\n| yy | 22 |\n"
        #expect(lines(table, width: 80).map(\.text) == [" a  | b", "----+----", " x  |  1", " yy | 22"])
        let wide = "| name | text |\n|---|---|\n| n | one two three four five six seven |\n"
        let narrow = lines(wide, width: 24).map(\.text)
        #expect(narrow.count > 3)
        #expect(narrow.allSatisfy { $0.contains("|") || $0.contains("+") })
        let list = lines(wide, width: 12).map(\.text)
        #expect(list.first == "name: n")
    }

    @Test("Nothing of a long stream is looked at again and again")
    func linear() {
        // Would take minutes if each mark looked for its end.
        let hostile = String(repeating: "*a _b [c **d `e ", count: 3000)
        #expect(lines(hostile, width: 80).count > 100)
        #expect(lines(String(repeating: "x", count: 300_000), width: 80).count > 1000)
    }
}
