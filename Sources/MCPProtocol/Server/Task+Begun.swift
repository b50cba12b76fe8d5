extension Task where Failure == Never {
    /// A task.
    ///
    /// - Parameters:
    ///   - here: whether it begins on the calling thread and leaves it where it first waits, instead of waking another thread;
    ///     where the system cannot do that, it begins elsewhere all the same.
    ///   - executor: where it goes on after it has waited; `nil`: on the pool of all tasks.
    ///   - operation: what it does.
    package static func begun(
        here: Bool, on executor: (any TaskExecutor)? = nil,
        _ operation: sending @escaping @isolated(any) () async -> Success
    ) -> Self {
        // What has an executor would leave the calling thread for it at its first step.
        if let executor { return Self(executorPreference: executor, operation: operation) }
        if here, #available(macOS 26.0, *) { return immediate(operation: operation) }
        return Self(operation: operation)
    }
}
