extension SafeText {
    /// The text in lines of at most `width` columns, broken at blanks where there are any.
    ///
    /// - Parameters:
    ///   - width: The most columns of a line, at least 1.
    ///   - first: What stands before the first line.
    ///   - rest: What stands before every other line.
    public func wrapped(to width: Int, first: SafeText = "", rest: SafeText = "") -> [SafeText] {
        var wrapping = Wrapping(width: max(1, width), first: first, rest: rest)
        for span in spans {
            for character in span.text { wrapping.add(character, span.style) }
        }
        return wrapping.end()
    }

    /// The text in pieces of at most `width` columns, broken anywhere: where each blank counts.
    ///
    /// - Parameter width: The most columns of a piece, at least 1.
    public func cut(to width: Int) -> [SafeText] {
        let width = max(1, width)
        var pieces: [SafeText] = []
        var piece = SafeText("")
        var columns = 0
        for span in spans {
            for character in span.text {
                let wide = DisplayWidth.of(character)
                if columns + wide > width, columns > 0 {
                    pieces.append(piece)
                    piece = ""
                    columns = 0
                }
                piece.append(clean: String(character), span.style)
                columns += wide
            }
        }
        pieces.append(piece)
        return pieces
    }

    /// The start of the text, with `…` in place of what is left out.
    ///
    /// - Parameter width: The most columns.
    public func shortened(to width: Int) -> SafeText {
        guard self.width > width else { return self }
        guard width > 1 else { return SafeText(width == 1 ? "…" : "") }
        return cut(to: width - 1)[0] + "…"
    }
}

/// Fills lines word by word; looks at each character once.
private struct Wrapping {
    let width: Int
    let rest: SafeText
    private var lines: [SafeText] = []
    private var line: SafeText
    private var columns: Int
    private var isFresh = true
    private var word = SafeText("")
    private var wordColumns = 0
    private var blanks = 0
    private var blankStyle = TextStyle.plain

    init(width: Int, first: SafeText, rest: SafeText) {
        self.width = width
        self.rest = rest
        line = first
        columns = first.width
    }

    mutating func add(_ character: Character, _ style: TextStyle) {
        if character == " " {
            endWord()
            blanks += 1
            blankStyle = style
            return
        }
        let wide = DisplayWidth.of(character)
        // A word that is longer than a line is broken where the line ends.
        if columns + kept + wordColumns + wide > width {
            if !isFresh, rest.width + wordColumns + wide <= width {
                breakLine()
            } else if wordColumns > 0 {
                endWord()
                breakLine()
            } else if !isFresh {
                breakLine()
            }
        }
        word.append(clean: String(character), style)
        wordColumns += wide
    }

    /// How many blanks stand before the word: none where a line was broken, but the text's own at its beginning.
    private var kept: Int {
        guard isFresh else { return blanks }
        return lines.isEmpty ? min(blanks, width / 2) : 0
    }

    private mutating func endWord() {
        guard !word.isEmpty else { return }
        if kept > 0 {
            line.append(clean: String(repeating: " ", count: kept), blankStyle)
            columns += kept
        }
        line.append(word)
        columns += wordColumns
        isFresh = false
        word = ""
        wordColumns = 0
        blanks = 0
    }

    private mutating func breakLine() {
        lines.append(line)
        line = rest
        columns = rest.width
        isFresh = true
        blanks = 0
    }

    mutating func end() -> [SafeText] {
        endWord()
        lines.append(line)
        return lines
    }
}
