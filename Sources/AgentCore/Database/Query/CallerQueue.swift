internal import AuthTokens

/// Who of one caller's calls may run, decided without waiting: at most so many at once, the others in the order in which
/// they came.
struct CallerQueue {
    /// A call that waits.
    typealias Ticket = Int

    /// What becomes of a call.
    enum Admission: Equatable {
        /// It runs.
        case runs
        /// It waits, until ``leave(_:)`` of another names its ticket.
        case waits
        /// So many wait already that it is turned away.
        case refused
    }

    private struct Line {
        var running = 0
        var waiting: [Ticket] = []
    }

    /// The most calls of one caller that run at once.
    let limit: Int
    /// The most calls of one caller that wait.
    let mostWaiting: Int
    private var lines: [CallerKey: Line] = [:]

    init(limit: Int, mostWaiting: Int = 256) {
        self.limit = max(1, limit)
        self.mostWaiting = mostWaiting
    }

    /// How many callers have a call here: none is remembered longer.
    var callers: Int { lines.count }

    /// Whether a call of this caller would run at once.
    func hasRoom(_ caller: CallerKey) -> Bool { (lines[caller]?.running ?? 0) < limit }

    /// A call wants to run.
    mutating func enter(_ caller: CallerKey, _ ticket: Ticket) -> Admission {
        var line = lines[caller] ?? Line()
        if line.running < limit {
            line.running += 1
        } else if line.waiting.count < mostWaiting {
            line.waiting.append(ticket)
        } else {
            return .refused
        }
        lines[caller] = line
        return line.waiting.last == ticket ? .waits : .runs
    }

    /// A call that ran has ended.
    ///
    /// - Returns: The call that runs in its stead; nil when none waits.
    mutating func leave(_ caller: CallerKey) -> Ticket? {
        guard var line = lines[caller] else { return nil }
        var next: Ticket?
        if line.waiting.isEmpty {
            line.running -= 1
        } else {
            next = line.waiting.removeFirst()
        }
        lines[caller] = line.running > 0 ? line : nil
        return next
    }

    /// A call does not wait any more.
    ///
    /// - Returns: Whether it did; it may have been let in just before.
    mutating func giveUp(_ caller: CallerKey, _ ticket: Ticket) -> Bool {
        guard let place = lines[caller]?.waiting.firstIndex(of: ticket) else { return false }
        lines[caller]?.waiting.remove(at: place)
        return true
    }
}

/// Whose calls count together: those of one token, or of one principal that has none.
struct CallerKey: Hashable, Sendable {
    private enum Identity: Hashable {
        case token(String)
        case principal(String)
    }

    private let identity: Identity

    /// - Parameters:
    ///   - principal: The principal's id.
    ///   - token: The token's id, when a token was used.
    init(principal: String, token: String? = nil) {
        identity = token.map { .token($0) } ?? .principal(principal)
    }

    /// Whose call this task works on; nil for calls of a program that embeds the library and does not say whose they are:
    /// these are not counted.
    @TaskLocal static var current: CallerKey?

    /// Whose calls a call counts with; nil when nobody is known to be behind it.
    init?(_ origin: CallOrigin) {
        guard origin.tokenID != nil || origin.principal != nil else { return nil }
        self.init(principal: origin.principal?.id ?? "", token: origin.tokenID)
    }

    /// Runs `body` as a call of whoever is behind it; of whom it already is when nobody is known.
    static func counting<Result>(_ origin: CallOrigin, _ body: () async throws -> Result) async throws -> Result {
        guard let key = CallerKey(origin), key != current else { return try await body() }
        return try await $current.withValue(key, operation: body)
    }
}
