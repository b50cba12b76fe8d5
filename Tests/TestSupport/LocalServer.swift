public import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// A server in the process of the tests.
public enum LocalServer {
    /// It did not start, or ended before the test.
    public struct Failure: Error, CustomStringConvertible {
        /// Which of both.
        public let description: String
    }

    /// Answers on a free port of this machine while `body` runs, then ends.
    ///
    /// - Parameters:
    ///   - router: What is asked.
    ///   - body: Is given the port, and how to end the server gracefully before.
    /// - Returns: What `body` returns.
    /// - Throws: ``Failure``, and what `body` throws.
    public static func run<Builder: HTTPResponderBuilder, Value: Sendable>(
        _ router: Builder,
        _ body:
            @escaping @Sendable (_ port: Int, _ shutDown: @escaping @Sendable () async -> Void) async throws -> Value
    ) async throws -> Value where Builder.Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
        let (ports, port) = AsyncStream<Int>.makeStream()
        let logger = Logger(label: "local-server") { _ in SwiftLogNoOpLogHandler() }
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                port.yield(channel.localAddress?.port ?? 0)
                port.finish()
            }, logger: logger)
        let group = ServiceGroup(configuration: .init(services: [application], logger: logger))
        return try await withThrowingTaskGroup(of: Value?.self) { tasks in
            tasks.addTask {
                defer { port.finish() }
                // Ends by cancellation, when the test is over.
                try? await group.run()
                return nil
            }
            tasks.addTask {
                var iterator = ports.makeAsyncIterator()
                guard let number = await iterator.next() else {
                    throw Failure(description: "the server did not start")
                }
                // A connection that was accepted and not yet taken up must not be dropped, NIO ends the process for it: the server
                // first stops listening, and has a moment for what it accepted.
                let result: Result<Value, any Error>
                do {
                    result = .success(try await body(number) { await group.triggerGracefulShutdown() })
                } catch {
                    result = .failure(error)
                }
                await group.triggerGracefulShutdown()
                try? await Task.sleep(for: .milliseconds(20))
                return try result.get()
            }
            defer { tasks.cancelAll() }
            while let value = try await tasks.next() {
                if let value { return value }
            }
            throw Failure(description: "the server ended before the test")
        }
    }
}
