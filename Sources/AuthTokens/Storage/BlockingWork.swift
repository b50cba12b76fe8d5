internal import Dispatch

/// Runs what blocks or takes a tenth of a second of a core, few at a time, off the threads that all tasks share.
package actor BlockingWork {
    private let queue = DispatchQueue(label: "postgres-agent.blocking", attributes: .concurrent)
    private let limit: Int
    private let maximumWaiting: Int
    private var running = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// - Parameters:
    ///   - limit: How many run at once.
    ///   - maximumWaiting: How many wait; the next is turned away.
    package init(limit: Int, maximumWaiting: Int) {
        self.limit = limit
        self.maximumWaiting = maximumWaiting
    }

    /// The result of `body`; `nil` when too many wait already.
    package func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result? {
        if running < limit {
            running += 1
        } else {
            guard waiting.count < maximumWaiting else { return nil }
            // Whoever ends hands its place over.
            await withCheckedContinuation { waiting.append($0) }
        }
        let result = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
        if waiting.isEmpty {
            running -= 1
        } else {
            waiting.removeFirst().resume()
        }
        return result
    }
}
