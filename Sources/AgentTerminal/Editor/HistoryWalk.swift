/// A way through the lines of before, with the line that is being written at its end.
struct HistoryWalk: Sendable {
    let lines: [String]
    /// Which line is shown; the count of the lines for the one that is being written.
    private var place: Int
    private var written = ""

    init(lines: [String]) {
        self.lines = lines
        place = lines.count
    }

    mutating func older(than current: String) -> String? {
        guard place > 0 else { return nil }
        if place == lines.count { written = current }
        place -= 1
        return lines[place]
    }

    mutating func newer() -> String? {
        guard place < lines.count else { return nil }
        place += 1
        return place == lines.count ? written : lines[place]
    }
}

/// A search backwards through the lines of before (Ctrl-R).
public struct HistorySearch: Sendable {
    /// What is looked for.
    public internal(set) var query = ""
    /// Whether nothing was found.
    public internal(set) var failed = false
    /// Which line was found.
    var found: Int?
    /// What was being written.
    let kept: LineEditor.Snapshot
}

extension LineEditor {
    /// A key while a search goes on; nil when it ended the search and means what it always means.
    mutating func handleSearch(_ key: Key) -> Outcome? {
        switch key {
        case .text(let text):
            guard (search?.query.count ?? 0) < 1000 else { return .ignored }
            search?.query += text
            find(before: search?.found.map { $0 + 1 } ?? history.lines.count)
        case .backspace, .control("h"):
            guard search?.query.popLast() != nil else { return .ignored }
            find(before: history.lines.count)
        case .control("r"):
            find(before: search?.found ?? history.lines.count)
        case .control("g"), .control("c"), .escape:
            if let kept = search?.kept {
                characters = kept.characters
                cursor = kept.cursor
            }
            search = nil
        default:
            search = nil
            return nil
        }
        return .changed
    }

    private mutating func find(before end: Int) {
        guard let query = search?.query, !query.isEmpty else { return }
        guard let index = history.lines[..<end].lastIndex(where: { $0.contains(query) }) else {
            search?.failed = true
            return
        }
        search?.found = index
        search?.failed = false
        characters = Array(history.lines[index])
        cursor = characters.count
    }
}
