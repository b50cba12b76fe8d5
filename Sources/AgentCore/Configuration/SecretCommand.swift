internal import Dispatch
internal import MCPProtocol

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A command whose output is a secret, run by `/bin/sh -c` in a process group of its own.
///
/// Its standard error is thrown away: what a vault's client prints there may hold what it was asked for.
struct SecretCommand: Sendable {
    /// How long it may take.
    static let timeout: Duration = .seconds(10)

    private let command: String
    private let timeout: Duration

    init(_ command: String, timeout: Duration = SecretCommand.timeout) {
        self.command = command
        self.timeout = timeout
    }

    /// Runs the command.
    ///
    /// - Returns: What it wrote on standard output.
    /// - Throws: ``SecretError`` when it cannot be started, fails, takes too long or writes too much.
    func run() async throws -> [UInt8] {
        // Waiting for a process blocks, and must not block a thread that runs tasks.
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "secret-command").async {
                continuation.resume(with: Result { try runBlocking() })
            }
        }
    }

    private func runBlocking() throws(SecretError) -> [UInt8] {
        var pipe: [Int32] = [-1, -1]
        #if canImport(Glibc)
        let made = Glibc.pipe(&pipe)
        #elseif canImport(Musl)
        let made = Musl.pipe(&pipe)
        #else
        let made = Darwin.pipe(&pipe)
        #endif
        // No other child shall hold the writing end open.
        for descriptor in pipe where made == 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        guard made == 0 else { throw failure("cannot be started: \(String(cString: strerror(errno)))") }
        let child: SpawnedProcess
        do throws(SecretError) {
            defer { close(pipe[1]) }
            child = try start(output: pipe[1])
        } catch {
            close(pipe[0])
            throw error
        }
        defer { close(pipe[0]) }
        let deadline = ContinuousClock.now + timeout
        let outcome = Result { () throws(SecretError) in try read(pipe[0], until: deadline) }
        // Whatever it left running in its group ends with it.
        if case .failure = outcome { kill(-child.id, SIGKILL) }
        let end = try wait(for: child, until: deadline)
        let output = try outcome.get()
        switch end {
        case .exited(0): return output
        case .exited(let code): throw failure("failed with exit code \(code)")
        case .signalled(let signal): throw failure("was ended by signal \(signal)")
        }
    }

    private func failure(_ reason: String) -> SecretError {
        SecretError("the command for a secret \(reason)")
    }

    private func start(output: Int32) throws(SecretError) -> SpawnedProcess {
        var request = SpawnedProcess.Request("/bin/sh", ["-c", command], input: nil, output: output)
        request.discardsErrors = true
        request.leadsGroup = true
        do throws(SpawnedProcess.Failure) {
            return try SpawnedProcess.start(request)
        } catch {
            throw failure("cannot be started: \(String(cString: strerror(error.number)))")
        }
    }

    private func read(_ descriptor: Int32, until deadline: ContinuousClock.Instant) throws(SecretError) -> [UInt8] {
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let left = (deadline - .now).components
            let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
            guard milliseconds > 0 else { throw failure("took longer than \(TimeSpan.format(timeout))") }
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            #if canImport(Glibc)
            let ready = Glibc.poll(&poll, 1, Int32(clamping: milliseconds))
            let count = ready > 0 ? Glibc.read(descriptor, &chunk, chunk.count) : 0
            #elseif canImport(Musl)
            let ready = Musl.poll(&poll, 1, Int32(clamping: milliseconds))
            let count = ready > 0 ? Musl.read(descriptor, &chunk, chunk.count) : 0
            #else
            let ready = Darwin.poll(&poll, 1, Int32(clamping: milliseconds))
            let count = ready > 0 ? Darwin.read(descriptor, &chunk, chunk.count) : 0
            #endif
            if ready == 0 { continue }
            if ready < 0 || count < 0 {
                guard errno == EINTR else { throw failure("cannot be read: \(String(cString: strerror(errno)))") }
                continue
            }
            if count == 0 { return output }
            output.append(contentsOf: chunk[..<count])
            guard output.count <= Secret.maximumBytes else {
                throw failure("wrote more than \(Secret.maximumBytes) bytes")
            }
        }
    }

    /// Waits for the child's end; one that closed its output and goes on is ended.
    private func wait(
        for child: SpawnedProcess, until deadline: ContinuousClock.Instant
    ) throws(SecretError) -> SpawnedProcess.End {
        do throws(SpawnedProcess.Failure) {
            var isKilled = false
            while true {
                if let end = try child.reap(waits: isKilled) { return end }
                if ContinuousClock.now >= deadline {
                    kill(-child.id, SIGKILL)
                    isKilled = true
                } else {
                    usleep(2000)
                }
            }
        } catch {
            throw failure("was lost: \(String(cString: strerror(error.number)))")
        }
    }
}
