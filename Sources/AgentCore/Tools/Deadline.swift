/// Work that nobody waits for longer than a while.
package enum Deadline {
    /// Runs `work` and cancels it when the time is over.
    ///
    /// - Parameters:
    ///   - limit: How long the work may take.
    ///   - work: The work, which has to heed cancellation.
    /// - Returns: What the work returned; nil when the time was over first.
    package static func run<Value: Sendable>(
        within limit: Duration, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await ContinuousClock().sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}
