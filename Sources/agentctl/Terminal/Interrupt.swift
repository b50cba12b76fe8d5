import Dispatch
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Ctrl-C as cancellation: the work ends in an orderly way, and a query is cancelled on the server too, which a process
/// that just dies would leave running until it next writes to the socket.
enum Interrupt {
    private struct Work: Sendable {
        let number: Int
        let cancel: @Sendable () -> Void
    }

    private struct State: Sendable {
        var last = 0
        var works: [Work] = []
    }

    private static let state = Mutex(State())

    /// Made once and kept: a source that is made anew while the one of before is still being taken away sees no signal.
    private static let sources = Mutex<[any DispatchSourceSignal]>([])

    private static func watch() {
        sources.withLock { sources in
            guard sources.isEmpty else { return }
            for number in [SIGINT, SIGTERM] {
                // A source sees a signal only when its default action, the end of the process, is off.
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { take(number) }
                source.resume()
                sources.append(source)
            }
        }
    }

    /// Runs `work`; SIGINT and SIGTERM cancel its task. A second signal ends the process at once.
    static func cancelling<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value
    {
        watch()
        let task = Task { try await work() }
        let number = state.withLock { state in
            state.last += 1
            state.works.append(Work(number: state.last, cancel: { task.cancel() }))
            return state.last
        }
        defer { state.withLock { state in state.works.removeAll { $0.number == number } } }
        return try await task.value
    }

    private static func take(_ number: Int32) {
        if let work = state.withLock({ $0.works.popLast() }) { return work.cancel() }
        // Nothing that could be cancelled, or not for the first time.
        signal(number, SIG_DFL)
        // To the process: the threads of the queues hold signals back.
        kill(getpid(), number)
    }
}
