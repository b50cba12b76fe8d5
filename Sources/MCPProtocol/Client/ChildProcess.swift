import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A server as a child process, spoken to over its standard input and output; its standard error stays ours.
public final class ChildProcess: Transport {
    /// The process.
    public var processID: Int32 { child.id }
    private let child: SpawnedProcess
    private let transport: StdioTransport
    private let status = Mutex<Int32?>(nil)

    /// Starts a process.
    ///
    /// - Parameters:
    ///   - executable: a path, or a name to look for in `PATH`.
    ///   - arguments: the arguments after the name.
    ///   - environment: the whole environment; `nil` passes ours on.
    ///   - maximumMessageBytes: the longest message that is read from it.
    /// - Throws: ``TransportError`` when it cannot be started.
    public init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String]? = nil,
        maximumMessageBytes: Int = 64 << 20
    ) throws {
        let toChild = try Descriptor.pipe()
        let fromChild = try Descriptor.pipe()
        var request = SpawnedProcess.Request(
            executable, arguments, input: toChild.read.number, output: fromChild.write.number)
        request.environment = environment.map { $0.map { "\($0.key)=\($0.value)" } }
        do throws(SpawnedProcess.Failure) {
            child = try SpawnedProcess.start(request)
        } catch {
            throw TransportError.system("Cannot start \(executable)", error.number)
        }
        transport = try StdioTransport(
            input: try fromChild.read.duplicate(), output: try toChild.write.duplicate(),
            maximumMessageBytes: maximumMessageBytes, closesDescriptors: true)
    }

    /// Reads until the process ends or closes its standard output.
    public func run(_ receive: @escaping @Sendable (InboundFrame) -> Void) async throws {
        try await transport.run(receive)
    }

    /// Writes one message to the process.
    public func send(_ message: [UInt8]) async throws { try await transport.send(message) }

    /// Writes one message to the process; may block the thread.
    public func post(_ message: [UInt8]) throws { try transport.post(message) }

    /// Closes the standard input of the process, which asks it to end.
    public func close() { transport.close() }

    /// Waits for the end of the process: first by itself, then by SIGTERM, then by SIGKILL (specification, "Shutdown").
    ///
    /// - Parameter grace: how long it is waited for before each signal.
    /// - Returns: the exit code; 128 and the signal when a signal ended it.
    @discardableResult
    public func waitForEnd(grace: Duration = .seconds(5)) async -> Int32 {
        for signal in [nil, SIGTERM, SIGKILL] {
            if let signal, reap() == nil { kill(processID, signal) }
            let deadline = ContinuousClock.now.advanced(by: grace)
            while ContinuousClock.now < deadline {
                if let code = reap() { return code }
                try? await Task.sleep(for: .milliseconds(5))
                // A cancelled task does not sleep.
                if Task.isCancelled { await Task.yield() }
            }
        }
        return reap() ?? -1
    }

    private func reap() -> Int32? {
        status.withLock { known in
            if let known { return known }
            do throws(SpawnedProcess.Failure) {
                switch try child.reap() {
                case .exited(let code): known = code
                case .signalled(let signal): known = 128 + signal
                case nil: return nil
                }
            } catch {
                // Somebody else has waited for it: how it ended is not known.
                known = -1
            }
            return known
        }
    }
}

extension Descriptor {
    /// Another descriptor for the same open file, not inherited by child processes.
    func duplicate() throws(TransportError) -> Int32 {
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw .system("fcntl", errno) }
        return copy
    }
}
