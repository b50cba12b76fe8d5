/// The editing of a line, or of several, as a pure state machine: keys in, what to do out. It neither reads nor draws.
///
/// The keys are those of readline's Emacs mode. Text is kept as characters that a person sees, so that one press of an arrow
/// or of Backspace moves over an accent or an emoji as a whole.
public struct LineEditor: Sendable {
    /// What whoever reads the keys has to do.
    public enum Outcome: Sendable, Hashable {
        /// Draw again.
        case changed
        /// The text is complete.
        case submitted(String)
        /// Ctrl-D on an empty line.
        case endOfInput
        /// Ctrl-C.
        case interrupted
        /// Esc, which means nothing to the editor.
        case escaped
        /// Ctrl-L.
        case clearScreen
        /// Ctrl-Z.
        case suspended
        /// Show what the word may become.
        case candidates([String])
        /// The key does nothing here.
        case ignored
    }

    /// What the word before the cursor may become.
    public struct Completion: Sendable, Hashable {
        /// Where the word begins, in characters.
        public var start: Int
        /// What may stand there instead, up to the cursor.
        public var candidates: [String]

        /// Describes a completion.
        public init(start: Int, candidates: [String]) {
            self.start = start
            self.candidates = candidates
        }
    }

    /// The most characters of a text; what is typed or pasted beyond is left out.
    public static let longest = 1 << 18
    static let deepestUndo = 100

    /// What was written so far.
    public internal(set) var characters: [Character] = []
    /// Where the next character goes: how many stand before it.
    public internal(set) var cursor = 0
    var killed: [Character] = []
    var undo: [Snapshot] = []
    /// Whether the last key was a character that joined the last undo.
    private var isTyping = false
    /// Whether the last key killed, so that the next one adds to it.
    private var isKilling = false
    var history: HistoryWalk
    /// The search through the history; nil when none is going on.
    public internal(set) var search: HistorySearch?
    private let isComplete: @Sendable (String) -> Bool
    private let complete: @Sendable (_ before: String) -> Completion?

    struct Snapshot: Sendable {
        var characters: [Character]
        var cursor: Int
    }

    /// Begins with an empty line.
    ///
    /// - Parameters:
    ///   - history: The lines of before, the oldest first.
    ///   - isComplete: Whether Return ends a text; else it begins a new line.
    ///   - complete: What the text before the cursor may become.
    public init(
        history: [String] = [], isComplete: @escaping @Sendable (String) -> Bool = { _ in true },
        complete: @escaping @Sendable (_ before: String) -> Completion? = { _ in nil }
    ) {
        self.history = HistoryWalk(lines: history)
        self.isComplete = isComplete
        self.complete = complete
    }

    /// What was written so far.
    public var text: String { String(characters) }

    /// Takes a key.
    public mutating func handle(_ key: Key) -> Outcome {
        if search != nil, let outcome = handleSearch(key) { return outcome }
        let (wasTyping, wasKilling) = (isTyping, isKilling)
        isTyping = false
        isKilling = false
        switch key {
        case .text(let text):
            if !wasTyping { remember() }
            isTyping = true
            insert(text)
        case .paste(let text):
            remember()
            insert(text)
        case .newline:
            remember()
            insert("\n")
        case .enter:
            // A line end before unfinished text belongs to it, and so does one in the midst of several lines.
            guard isComplete(text) else {
                remember()
                cursor = characters.count
                insert("\n")
                return .changed
            }
            return .submitted(text)
        case .control("c"): return .interrupted
        case .control("d") where characters.isEmpty: return .endOfInput
        case .control("l"): return .clearScreen
        case .control("z"): return .suspended
        case .escape: return .escaped
        case .tab: return completeWord()
        case .control("_"): return undoLast()
        case .control("r"):
            search = HistorySearch(kept: Snapshot(characters: characters, cursor: cursor))
        case .up, .control("p"): return up()
        case .down, .control("n"): return down()
        case .backspace, .delete, .control, .alt: return edit(key, wasKilling)
        default: return move(key)
        }
        return .changed
    }

    // MARK: Changing

    func snapshot() -> Snapshot { Snapshot(characters: characters, cursor: cursor) }

    mutating func remember() {
        undo.append(snapshot())
        if undo.count > Self.deepestUndo { undo.removeFirst() }
    }

    mutating func insert(_ text: String) {
        let room = Self.longest - characters.count
        guard room > 0 else { return }
        // A combining mark joins what stands before it.
        if cursor > 0, let first = text.first {
            let joined = String(characters[cursor - 1]) + String(first)
            if joined.count == 1, text.count == 1, let character = joined.first {
                characters[cursor - 1] = character
                return
            }
        }
        let new = text.prefix(room)
        characters.insert(contentsOf: new, at: cursor)
        cursor += new.count
    }

    private mutating func edit(_ key: Key, _ wasKilling: Bool) -> Outcome {
        switch key {
        case .backspace, .control("h"): remove(max(0, cursor - 1)..<cursor)
        case .delete, .control("d"): remove(cursor..<min(cursor + 1, characters.count))
        case .control("k"): kill(cursor..<lineEnd, wasKilling)
        case .control("u"): kill(lineStart..<cursor, wasKilling, before: true)
        case .control("w"): kill(wordStart..<cursor, wasKilling, before: true)
        case .alt("d"): kill(cursor..<wordEnd, wasKilling)
        case .control("y"):
            remember()
            characters.insert(contentsOf: killed.prefix(max(0, Self.longest - characters.count)), at: cursor)
            cursor = min(characters.count, cursor + killed.count)
        case .control("t") where cursor > 0 && characters.count > 1:
            remember()
            let second = min(cursor, characters.count - 1)
            characters.swapAt(second - 1, second)
            cursor = second + 1
        default: return move(key)
        }
        return .changed
    }

    private mutating func remove(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        remember()
        characters.removeSubrange(range)
        cursor = range.lowerBound
    }

    private mutating func kill(_ range: Range<Int>, _ wasKilling: Bool, before: Bool = false) {
        // At the end of a line Ctrl-K takes the line end.
        let atLineEnd = range.isEmpty && !before && cursor < characters.count
        let range = atLineEnd ? cursor..<cursor + 1 : range
        let text = Array(characters[range])
        killed = wasKilling ? (before ? text + killed : killed + text) : text
        isKilling = true
        remove(range)
    }

    private mutating func undoLast() -> Outcome {
        guard let last = undo.popLast() else { return .ignored }
        characters = last.characters
        cursor = last.cursor
        return .changed
    }

    private mutating func completeWord() -> Outcome {
        guard let completion = complete(String(characters[..<cursor])), !completion.candidates.isEmpty,
            completion.start <= cursor
        else { return .ignored }
        let word = Array(characters[completion.start..<cursor])
        var common = Array(completion.candidates[0])
        for candidate in completion.candidates.dropFirst() {
            let shared = zip(common, candidate).prefix { $0 == $1 }.count
            common = Array(common[..<shared])
        }
        let isOnly = completion.candidates.count == 1
        if isOnly, cursor == characters.count, common.last != " " { common.append(" ") }
        guard common.count > word.count || isOnly else { return .candidates(completion.candidates) }
        remember()
        characters.replaceSubrange(completion.start..<cursor, with: common)
        cursor = completion.start + common.count
        return .changed
    }
}
