extension LineEditor {
    mutating func move(_ key: Key) -> Outcome {
        switch key {
        case .left, .control("b"): cursor = max(0, cursor - 1)
        case .right, .control("f"): cursor = min(characters.count, cursor + 1)
        case .home, .control("a"): cursor = lineStart
        case .end, .control("e"): cursor = lineEnd
        case .wordLeft, .alt("b"): cursor = wordStart
        case .wordRight, .alt("f"): cursor = wordEnd
        case .pageUp, .alt("<"): cursor = 0
        case .pageDown, .alt(">"): cursor = characters.count
        default: return .ignored
        }
        return .changed
    }

    /// Where the line of the cursor begins.
    var lineStart: Int { (characters[..<cursor].lastIndex(of: "\n") ?? -1) + 1 }

    /// Where the line of the cursor ends.
    var lineEnd: Int { characters[cursor...].firstIndex(of: "\n") ?? characters.count }

    var wordStart: Int {
        var place = cursor
        while place > 0, !Self.isOfWord(characters[place - 1]) { place -= 1 }
        while place > 0, Self.isOfWord(characters[place - 1]) { place -= 1 }
        return place
    }

    var wordEnd: Int {
        var place = cursor
        while place < characters.count, !Self.isOfWord(characters[place]) { place += 1 }
        while place < characters.count, Self.isOfWord(characters[place]) { place += 1 }
        return place
    }

    private static func isOfWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    // MARK: Lines and history

    mutating func up() -> Outcome {
        if lineStart > 0 {
            let column = cursor - lineStart
            let end = lineStart - 1
            let start = (characters[..<end].lastIndex(of: "\n") ?? -1) + 1
            cursor = min(start + column, end)
            return .changed
        }
        guard let line = history.older(than: text) else { return .ignored }
        replace(with: line)
        return .changed
    }

    mutating func down() -> Outcome {
        if lineEnd < characters.count {
            let column = cursor - lineStart
            let start = lineEnd + 1
            let end = characters[start...].firstIndex(of: "\n") ?? characters.count
            cursor = min(start + column, end)
            return .changed
        }
        guard let line = history.newer() else { return .ignored }
        replace(with: line)
        return .changed
    }

    mutating func replace(with line: String) {
        remember()
        characters = Array(line.prefix(Self.longest))
        cursor = characters.count
    }
}
