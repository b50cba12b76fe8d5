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
    public let processID: Int32
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
        processID = try Self.spawn(
            executable, arguments, environment, input: toChild.read.number, output: fromChild.write.number)
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
            var raw: Int32 = 0
            guard waitpid(processID, &raw, WNOHANG) != 0 else { return nil }
            let signal = raw & 0x7F
            known = signal == 0 ? (raw >> 8) & 0xFF : 128 + signal
            return known
        }
    }

    private static func spawn(
        _ executable: String, _ arguments: [String], _ environment: [String: String]?, input: Int32, output: Int32
    ) throws(TransportError) -> Int32 {
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        #else
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        // We ignore SIGPIPE, which a child would inherit.
        var defaults = sigset_t()
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))

        var argv = ([executable] + arguments).map { strdup($0) } + [nil]
        var variables = environment?.map { strdup("\($0.key)=\($0.value)") } ?? []
        variables.append(nil)
        defer { for text in argv + variables { free(text) } }
        var process: pid_t = 0
        let code =
            environment == nil
            ? posix_spawnp(&process, executable, &actions, &attributes, &argv, environ)
            : posix_spawnp(&process, executable, &actions, &attributes, &argv, &variables)
        guard code == 0 else { throw .system("Cannot start \(executable)", code) }
        return process
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
