import Synchronization

/// What changed.
enum Change: Sendable, Hashable {
    case toolsChanged
    case promptsChanged
    case resourcesChanged
    case resourceUpdated(String)

    var method: String {
        switch self {
        case .toolsChanged: "notifications/tools/list_changed"
        case .promptsChanged: "notifications/prompts/list_changed"
        case .resourcesChanged: "notifications/resources/list_changed"
        case .resourceUpdated: "notifications/resources/updated"
        }
    }
}

/// What one subscriber wants to be told.
struct SubscriptionFilter: Sendable, Hashable {
    var tools = false
    var prompts = false
    var resources = false
    var watched: Set<String> = []

    func wants(_ change: Change) -> Bool {
        switch change {
        case .toolsChanged: tools
        case .promptsChanged: prompts
        case .resourcesChanged: resources
        case .resourceUpdated(let uri): watched.contains(uri)
        }
    }
}

/// The changes that one subscriber was not told yet. A change that waits already is not added again, so it never holds
/// more than the filter names.
final class SubscriptionMailbox: Sendable {
    fileprivate struct State {
        var filter: SubscriptionFilter
        var waiting: [Change] = []
        var reader: CheckedContinuation<Void, Never>?
        var isClosed = false
    }

    private let state: Mutex<State>

    init(filter: SubscriptionFilter) {
        state = Mutex(State(filter: filter))
    }

    func update(_ change: (inout SubscriptionFilter) -> Void) {
        state.withLock { change(&$0.filter) }
    }

    var watchedCount: Int { state.withLock { $0.filter.watched.count } }

    func put(_ change: Change) {
        let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.isClosed, state.filter.wants(change), !state.waiting.contains(change) else { return nil }
            state.waiting.append(change)
            return state.takeReader()
        }
        reader?.resume()
    }

    func close() {
        let reader = state.withLock { state in
            state.isClosed = true
            return state.takeReader()
        }
        reader?.resume()
    }

    /// Waits for changes; `nil` after ``close()``. One reader at a time.
    func next() async -> [Change]? {
        while true {
            let (changes, isClosed) = state.withLock { state in
                defer { state.waiting = [] }
                return (state.waiting, state.isClosed)
            }
            if !changes.isEmpty { return changes }
            if isClosed { return nil }
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let ready = state.withLock { state in
                    if state.isClosed || !state.waiting.isEmpty { return true }
                    state.reader = continuation
                    return false
                }
                if ready { continuation.resume() }
            }
        }
    }
}

extension SubscriptionMailbox.State {
    fileprivate mutating func takeReader() -> CheckedContinuation<Void, Never>? {
        defer { reader = nil }
        return reader
    }
}

/// Hands changes to all subscribers of a server (item 22).
final class SubscriptionHub: Sendable {
    private let mailboxes = Mutex<[ObjectIdentifier: SubscriptionMailbox]>([:])

    func publish(_ change: Change) {
        let all = mailboxes.withLock { Array($0.values) }
        for mailbox in all { mailbox.put(change) }
    }

    func add(_ mailbox: SubscriptionMailbox) {
        mailboxes.withLock { $0[ObjectIdentifier(mailbox)] = mailbox }
    }

    func remove(_ mailbox: SubscriptionMailbox) {
        mailboxes.withLock { $0[ObjectIdentifier(mailbox)] = nil }
    }
}
