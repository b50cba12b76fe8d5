import Testing

@testable import AgentTerminal

@Suite("Editing of a line")
struct LineEditorTests {
    /// The editor after keys as a terminal sends them.
    private func editor(_ keys: String, history: [String] = []) -> LineEditor {
        var editor = LineEditor(history: history)
        var decoder = KeyDecoder()
        for key in decoder.feed(keys.utf8) + decoder.flush() { _ = editor.handle(key) }
        return editor
    }

    @Test(
        "A script of keys gives a text and a place",
        arguments: [
            ("abc", "abc", 3), ("abc\u{1B}[D\u{1B}[DX", "aXbc", 2), ("abc\u{1}X", "Xabc", 1),
            ("abc\u{1}\u{5}X", "abcX", 4),
            ("ab\u{7F}c", "ac", 2), ("\u{7F}", "", 0), ("abc\u{1}\u{1B}[3~", "bc", 0), ("abc\u{1}\u{4}", "bc", 0),
            ("one two\u{17}", "one ", 4), ("one two\u{17}\u{17}", "", 0), ("one two\u{1}\u{1B}f\u{B}", "one", 3),
            ("one two\u{15}", "", 0), ("one two\u{17}\u{19}\u{19}", "one twotwo", 10),
            ("one two\u{17}\u{17}\u{19}", "one two", 7), ("one two\u{1B}b\u{1B}d", "one ", 4),
            ("one two\u{1B}[1;5DX", "one Xtwo", 5), ("ab\u{14}", "ba", 2), ("e\u{301}x\u{7F}\u{7F}", "", 0),
            ("👍🏽\u{7F}", "", 0), ("abc\u{17}\u{1F}", "abc", 3), ("ab\u{1F}", "", 0), ("a\nb", "a\nb", 3),
            ("ab\ncd\u{1B}[AX", "abX\ncd", 3), ("ab\ncd\u{1B}[A\u{1B}[BX", "ab\ncdX", 6),
            ("\u{1B}[200~x\ty\r\nz\u{1B}[201~", "x\ty\nz", 5), ("a\u{7}b", "ab", 2),
        ])
    func scripts(keys: String, text: String, cursor: Int) {
        let editor = editor(keys)
        #expect(editor.text == text)
        #expect(editor.cursor == cursor)
    }

    @Test("Keys that end the line say so")
    func outcomes() {
        var editor = LineEditor()
        #expect(editor.handle(.control("d")) == .endOfInput)
        #expect(editor.handle(.control("c")) == .interrupted)
        #expect(editor.handle(.escape) == .escaped)
        #expect(editor.handle(.control("l")) == .clearScreen)
        _ = editor.handle(.text("x"))
        #expect(editor.handle(.control("d")) == .changed)
        #expect(editor.handle(.enter) == .submitted("x"))
    }

    @Test("Return begins another line while the text is unfinished")
    func unfinished() {
        var editor = LineEditor(isComplete: { $0.count { $0 == "'" } % 2 == 0 })
        for key in "SELECT 'a" { _ = editor.handle(.text(String(key))) }
        #expect(editor.handle(.enter) == .changed)
        #expect(editor.text == "SELECT 'a\n")
        _ = editor.handle(.text("'"))
        #expect(editor.handle(.enter) == .submitted("SELECT 'a\n'"))
    }

    @Test("The lines of before are reached with the arrows, and the one being written is kept")
    func history() {
        let lines = ["first", "second"]
        #expect(editor("new\u{1B}[A", history: lines).text == "second")
        #expect(editor("new\u{1B}[A\u{1B}[A\u{1B}[A", history: lines).text == "first")
        #expect(editor("new\u{1B}[A\u{1B}[A\u{1B}[B\u{1B}[B", history: lines).text == "new")
    }

    @Test("Ctrl-R finds the latest line that holds what is typed, and again the one before it")
    func search() {
        let lines = ["select one", "insert", "select two"]
        #expect(editor("\u{12}sel", history: lines).text == "select two")
        #expect(editor("\u{12}sel\u{12}", history: lines).text == "select one")
        #expect(editor("\u{12}sel\u{12}\u{12}", history: lines).search?.failed == true)
        #expect(editor("kept\u{12}sel\u{7}", history: lines).text == "kept")
        #expect(editor("\u{12}ins\u{5}X", history: lines).text == "insertX")
        #expect(editor("\u{12}two\u{7F}\u{7F}\u{7F}ins", history: lines).text == "insert")
    }

    @Test("Tab completes as far as the candidates agree, and then shows them")
    func completion() {
        let commands = ["/help", "/history", "/use"]
        var editor = LineEditor(complete: { before in
            .init(start: 0, candidates: commands.filter { $0.hasPrefix(before) })
        })
        for key in "/u" { _ = editor.handle(.text(String(key))) }
        #expect(editor.handle(.tab) == .changed)
        #expect(editor.text == "/use ")
        _ = editor.handle(.control("u"))
        _ = editor.handle(.text("/"))
        _ = editor.handle(.text("h"))
        #expect(editor.handle(.tab) == .candidates(["/help", "/history"]))
        _ = editor.handle(.text("z"))
        #expect(editor.handle(.tab) == .ignored)
    }

    @Test("A text has an end")
    func bounded() {
        var editor = LineEditor()
        _ = editor.handle(.paste(String(repeating: "x", count: LineEditor.longest + 10)))
        _ = editor.handle(.text("y"))
        #expect(editor.characters.count == LineEditor.longest)
    }

    @Test("Rows fit the screen, and the cursor is where it belongs", arguments: [20, 40, 80, 200])
    func view(columns: Int) {
        let editor = editor("日本語 " + String(repeating: "word ", count: 60) + "\nsecond\u{1B}\r\tthird\u{1B}[D")
        let view = EditorView(editor, prompt: "shop> ", continuation: "... ", columns: columns)
        #expect(view.rows.allSatisfy { $0.width < columns })
        #expect(view.row < view.rows.count)
        #expect(view.column < columns)
        #expect(view.rows.first?.text.hasPrefix("shop> 日本語") == true)
    }

    @Test("What was pasted to steer the terminal is shown")
    func hostile() {
        var editor = LineEditor()
        _ = editor.handle(.paste("a\u{202E}b\u{1B}c"))
        let view = EditorView(editor, prompt: "> ", columns: 80)
        #expect(view.rows.map(\.text) == ["> a\\u202Eb\\x1Bc"])
    }
}
