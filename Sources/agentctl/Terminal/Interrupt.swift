import Dispatch

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
    /// Runs `work`; SIGINT and SIGTERM cancel its task. A second signal ends the process at once.
    static func cancelling<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value
    {
        let task = Task { try await work() }
        let sources = [SIGINT, SIGTERM].map { number in
            // A source sees a signal only when its default action, the end of the process, is off.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                task.cancel()
                signal(number, SIG_DFL)
            }
            source.resume()
            return source
        }
        defer {
            for source in sources { source.cancel() }
            for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
        }
        return try await task.value
    }
}
