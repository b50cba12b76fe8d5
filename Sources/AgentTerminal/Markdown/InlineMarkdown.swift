/// Emphasis, code and links within a line of Markdown, after CommonMark as far as models write it. Linear time: where each
/// mark ends is looked up and not searched for again.
struct InlineMarkdown {
    private let characters: [Character]
    /// Where each kind of mark stands, in order.
    private var marks: [String: [Int]] = [:]

    /// The text with its styles.
    static func text(_ markdown: String, _ style: TextStyle = .plain) -> SafeText {
        let inline = InlineMarkdown(markdown)
        var result = SafeText("")
        inline.append(inline.characters.indices, style, to: &result)
        return result
    }

    private init(_ markdown: String) {
        characters = Array(markdown)
        var index = 0
        while index < characters.count {
            let character = characters[index]
            switch character {
            case "\\": index += 2
            case "*", "_", "~", "`":
                let end = Self.runEnd(characters, index)
                marks[String(characters[index..<end]), default: []].append(index)
                // *** closes what ** or * began.
                if end - index == 3, character != "`" {
                    marks[String(repeating: character, count: 2), default: []].append(index)
                }
                index = end
            case "]", ")", ">":
                marks[String(character), default: []].append(index)
                index += 1
            default: index += 1
            }
        }
    }

    private static func runEnd(_ characters: [Character], _ start: Int) -> Int {
        var end = start + 1
        while end < characters.count, characters[end] == characters[start] { end += 1 }
        return end
    }

    /// The first mark of a kind at a place or behind it.
    private func next(_ mark: String, from place: Int, before end: Int) -> Int? {
        guard let places = marks[mark] else { return nil }
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            if places[middle] < place { low = middle + 1 } else { high = middle }
        }
        return low < places.count && places[low] < end ? places[low] : nil
    }

    private func append(_ range: Range<Int>, _ style: TextStyle, to result: inout SafeText) {
        var plain = ""
        var index = range.lowerBound
        func flush() {
            result.append(SafeText(plain, style))
            plain = ""
        }
        while index < range.upperBound {
            let character = characters[index]
            switch character {
            case "\\" where index + 1 < range.upperBound && Self.isPunctuation(characters[index + 1]):
                plain.append(characters[index + 1])
                index += 2
                continue
            case "`", "*", "_", "~":
                let end = min(range.upperBound, Self.runEnd(characters, index))
                let mark = String(characters[index..<end])
                if let inner = styleOf(mark), opens(index, end, in: range), !style.contains(inner) || mark.first == "`",
                    let close = next(mark, from: end, before: range.upperBound), close > end,
                    closes(close, mark.count, in: range)
                {
                    flush()
                    if character == "`" {
                        result.append(SafeText(String(characters[end..<close]), style.union(inner)))
                    } else {
                        append(end..<close, style.union(inner), to: &result)
                    }
                    index = close + mark.count
                    continue
                }
                plain += mark
                index = end
                continue
            case "[":
                if let link = link(at: index, before: range.upperBound) {
                    flush()
                    append(link.label, style.union(.underline), to: &result)
                    let target = String(characters[link.target])
                    if target != String(characters[link.label]) { result.append(SafeText(" (\(target))", style)) }
                    index = link.target.upperBound + 1
                    continue
                }
            case "<":
                if let close = next(">", from: index, before: range.upperBound),
                    String(characters[index + 1..<close].prefix(8)).hasPrefix("http")
                {
                    flush()
                    result.append(SafeText(String(characters[index + 1..<close]), style.union(.underline)))
                    index = close + 1
                    continue
                }
            default: break
            }
            plain.append(character)
            index += 1
        }
        flush()
    }

    private func styleOf(_ mark: String) -> TextStyle? {
        switch mark {
        case "*", "_": return .italic
        case "**", "__": return .bold
        case "***", "___": return [.bold, .italic]
        case "~~": return .struck
        default: return mark.first == "`" ? .cyan : nil
        }
    }

    /// Whether a mark may begin something: it stands before text, and `_` not within a word.
    private func opens(_ start: Int, _ end: Int, in range: Range<Int>) -> Bool {
        guard end < range.upperBound else { return false }
        if characters[start] == "`" { return true }
        if characters[end].isWhitespace { return false }
        return characters[start] != "_" || start == 0 || !Self.isOfWord(characters[start - 1])
    }

    private func closes(_ start: Int, _ count: Int, in range: Range<Int>) -> Bool {
        if characters[start] == "`" { return true }
        if characters[start - 1].isWhitespace { return false }
        let end = start + count
        return characters[start] != "_" || end >= characters.count || !Self.isOfWord(characters[end])
    }

    private func link(at start: Int, before end: Int) -> (label: Range<Int>, target: Range<Int>)? {
        guard let bracket = next("]", from: start, before: end), bracket + 1 < end, characters[bracket + 1] == "(",
            let close = next(")", from: bracket + 2, before: end), bracket > start + 1
        else { return nil }
        return (start + 1..<bracket, bracket + 2..<close)
    }

    private static func isOfWord(_ character: Character) -> Bool { character.isLetter || character.isNumber }

    private static func isPunctuation(_ character: Character) -> Bool {
        character.isASCII && (character.isPunctuation || character.isSymbol)
    }
}
