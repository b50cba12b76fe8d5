#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A child process by its number: how it is started, and how its end is found out.
package struct SpawnedProcess: Sendable {
    /// What a child is given.
    package struct Request {
        /// A path, or a name to look for in `PATH`.
        package var executable: String
        /// The arguments after the name.
        package var arguments: [String]
        /// The whole environment, `NAME=value`; nil passes ours on.
        package var environment: [String]?
        /// The descriptor that is its standard input; nil for one that is at its end.
        package var input: Int32?
        /// The descriptor that is its standard output.
        package var output: Int32
        /// Whether its standard error is thrown away; else it is ours.
        package var discardsErrors = false
        /// Whether it leads a process group of its own, with no signal ignored or blocked.
        package var leadsGroup = false

        /// Describes a child.
        package init(_ executable: String, _ arguments: [String], input: Int32?, output: Int32) {
            self.executable = executable
            self.arguments = arguments
            self.input = input
            self.output = output
        }
    }

    /// How a child ended.
    package enum End: Sendable, Hashable {
        case exited(Int32)
        case signalled(Int32)
    }

    /// Why a child could not be started or waited for: the system's error number.
    package struct Failure: Error {
        package let number: Int32
    }

    /// The number of the process.
    package let id: Int32

    /// Starts a child.
    package static func start(_ request: Request) throws(Failure) -> SpawnedProcess {
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
        if let input = request.input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, request.output, 1)
        if request.discardsErrors { posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) }
        // A child inherits what we ignore, as servers ignore SIGPIPE; a shell cannot get that back.
        var flags = Int32(POSIX_SPAWN_SETSIGDEF)
        var signals = sigset_t()
        if request.leadsGroup {
            sigfillset(&signals)
            posix_spawnattr_setpgroup(&attributes, 0)
            var unblocked = sigset_t()
            sigemptyset(&unblocked)
            posix_spawnattr_setsigmask(&attributes, &unblocked)
            flags |= Int32(POSIX_SPAWN_SETPGROUP) | Int32(POSIX_SPAWN_SETSIGMASK)
            #if canImport(Darwin)
            flags |= POSIX_SPAWN_CLOEXEC_DEFAULT
            #endif
        } else {
            sigemptyset(&signals)
            sigaddset(&signals, SIGPIPE)
        }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))

        var words = ([request.executable] + request.arguments).map { strdup($0) } + [nil]
        var variables = (request.environment ?? []).map { strdup($0) } + [nil]
        defer { for text in words + variables { free(text) } }
        var process: pid_t = 0
        let number =
            request.environment == nil
            ? posix_spawnp(&process, request.executable, &actions, &attributes, &words, environ)
            : posix_spawnp(&process, request.executable, &actions, &attributes, &words, &variables)
        guard number == 0 else { throw Failure(number: number) }
        return SpawnedProcess(id: process)
    }

    /// How the child ended; nil when it has not. To be asked until it tells, and not again.
    ///
    /// - Parameter waits: Whether to wait in the calling thread.
    package func reap(waits: Bool = false) throws(Failure) -> End? {
        var raw: Int32 = 0
        while true {
            let result = waitpid(id, &raw, waits ? 0 : WNOHANG)
            if result == id { break }
            if result == 0 { return nil }
            guard errno == EINTR else { throw Failure(number: errno) }
        }
        // The low seven bits are the signal, the next byte the exit code (wait(2)).
        let signal = raw & 0x7F
        return signal == 0 ? .exited(raw >> 8 & 0xFF) : .signalled(signal)
    }
}
