extension Task where Failure == Never {
    /// A task.
    ///
    /// - Parameters:
    ///   - here: whether it begins on the calling thread and leaves it where it first waits, instead of waking another thread;
    ///     where the system cannot do that, it begins elsewhere all the same.
    ///   - operation: what it does.
    package static func begun(here: Bool, _ operation: sending @escaping @isolated(any) () async -> Success) -> Self {
        if here, #available(macOS 26.0, *) { return immediate(operation: operation) }
        return Self(operation: operation)
    }
}
