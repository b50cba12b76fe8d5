/// Shows many lines page by page. Pure: it says which lines come next.
public struct Pager: Sendable {
    /// What to do after a key.
    public enum Step: Sendable, Hashable {
        /// Show these lines, then ``Pager/mark``.
        case lines([SafeText])
        /// Nothing more is wanted, or there is nothing more.
        case done
        /// The key means nothing here.
        case ignored
    }

    private let lines: [SafeText]
    private var place = 0
    private let page: Int

    /// Begins before the first line.
    ///
    /// - Parameters:
    ///   - lines: All lines.
    ///   - rows: How many the terminal has.
    public init(_ lines: [SafeText], rows: Int) {
        self.lines = lines
        page = max(1, rows - 1)
    }

    /// Whether everything was shown.
    public var isAtEnd: Bool { place >= lines.count }

    /// What stands under a page.
    public var mark: SafeText {
        SafeText("-- more: \(place) of \(lines.count) lines; space: page, return: line, q: quit --", .dim)
    }

    /// The next page.
    public mutating func nextPage() -> [SafeText] { next(page) }

    /// Takes a key.
    public mutating func handle(_ key: Key) -> Step {
        switch key {
        case .text(" "), .pageDown, .control("f"), .text("f"): return .lines(next(page))
        case .enter, .newline, .down, .text("j"): return .lines(next(1))
        case .text("G"), .end, .alt(">"): return .lines(next(lines.count))
        case .text("q"), .text("Q"), .escape, .control("c"), .control("d"):
            place = lines.count
            return .done
        default: return .ignored
        }
    }

    private mutating func next(_ count: Int) -> [SafeText] {
        let end = min(lines.count, place + count)
        defer { place = end }
        return Array(lines[place..<end])
    }
}
