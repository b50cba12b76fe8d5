internal import Dispatch

/// Runs what blocks or takes a tenth of a second of a core, few at a time, off the threads that all tasks share.
///
/// Each runs on a serial queue: concurrent ones have the threads on which Swift's tasks run on Linux, as many as there are
/// processors.
package actor BlockingWork {
    private var idle: [DispatchQueue]
    private let maximumWaiting: Int
    private var waiting: [CheckedContinuation<DispatchQueue, Never>] = []

    /// - Parameters:
    ///   - limit: How many run at once.
    ///   - maximumWaiting: How many wait; the next is turned away.
    package init(limit: Int, maximumWaiting: Int) {
        idle = (0..<limit).map { DispatchQueue(label: "postgres-agent.blocking.\($0)") }
        self.maximumWaiting = maximumWaiting
    }

    /// The result of `body`; `nil` when too many wait already.
    package func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result? {
        let queue: DispatchQueue
        if let free = idle.popLast() {
            queue = free
        } else {
            guard waiting.count < maximumWaiting else { return nil }
            // Whoever ends hands its queue over.
            queue = await withCheckedContinuation { waiting.append($0) }
        }
        let result = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
        if waiting.isEmpty {
            idle.append(queue)
        } else {
            waiting.removeFirst().resume(returning: queue)
        }
        return result
    }
}
