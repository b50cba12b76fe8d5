internal import Dispatch

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
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
            DispatchQueue.global().async {
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
        let child: pid_t
        do throws(SecretError) {
            defer { close(pipe[1]) }
            child = try spawn(output: pipe[1])
        } catch {
            close(pipe[0])
            throw error
        }
        defer { close(pipe[0]) }
        let deadline = ContinuousClock.now + timeout
        let outcome = Result { () throws(SecretError) in try read(pipe[0], until: deadline) }
        // Whatever it left running in its group ends with it.
        if case .failure = outcome { kill(-child, SIGKILL) }
        let status = try wait(for: child, until: deadline)
        let output = try outcome.get()
        // The low seven bits are the signal, the next byte the exit code (wait(2)).
        guard status & 0x7F == 0 else { throw failure("was ended by signal \(status & 0x7F)") }
        let code = status >> 8 & 0xFF
        guard code == 0 else { throw failure("failed with exit code \(code)") }
        return output
    }

    private func failure(_ reason: String) -> SecretError {
        SecretError("the command for a secret \(reason)")
    }

    private func spawn(output: Int32) throws(SecretError) -> pid_t {
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        #else
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        posix_spawnattr_setpgroup(&attributes, 0)
        // A shell that inherits an ignored SIGPIPE, as servers have it, cannot get it back.
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        var unblocked = sigset_t()
        sigemptyset(&unblocked)
        posix_spawnattr_setsigmask(&attributes, &unblocked)
        var flags = Int32(POSIX_SPAWN_SETPGROUP) | Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK)
        #if canImport(Darwin)
        flags |= POSIX_SPAWN_CLOEXEC_DEFAULT
        #endif
        posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))

        let words: [String] = ["/bin/sh", "-c", command]
        let environment = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var child: pid_t = 0
        let number = posix_spawn(&child, "/bin/sh", &actions, &attributes, &arguments, &variables)
        guard number == 0 else { throw failure("cannot be started: \(String(cString: strerror(number)))") }
        return child
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
    private func wait(for child: pid_t, until deadline: ContinuousClock.Instant) throws(SecretError) -> Int32 {
        var status: Int32 = 0
        var isKilled = false
        while true {
            let result = waitpid(child, &status, isKilled ? 0 : WNOHANG)
            if result == child { return status }
            if result < 0, errno != EINTR { throw failure("was lost: \(String(cString: strerror(errno)))") }
            if result == 0, ContinuousClock.now >= deadline {
                kill(-child, SIGKILL)
                isKilled = true
            } else if result == 0 {
                usleep(2000)
            }
        }
    }
}
