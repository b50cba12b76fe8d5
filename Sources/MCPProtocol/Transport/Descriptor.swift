#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A file descriptor; an owned one is closed with the last reference, so never under a thread that still uses it.
final class Descriptor: Sendable {
    let number: Int32
    private let owned: Bool

    init(_ number: Int32, owned: Bool) {
        self.number = number
        self.owned = owned
    }

    deinit {
        if owned { close(number) }
    }

    /// A pipe: what is written to the second end can be read at the first. Not inherited by child processes.
    static func pipe() throws(TransportError) -> (read: Descriptor, write: Descriptor) {
        var ends: [Int32] = [-1, -1]
        guard systemPipe(&ends) == 0 else { throw .system("pipe", errno) }
        // Not atomic where there is only this; whoever spawns a child there closes what it does not want to pass on.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (Descriptor(ends[0], owned: true), Descriptor(ends[1], owned: true))
    }

    private static func systemPipe(_ ends: inout [Int32]) -> Int32 {
        // A child that another thread starts between two calls would keep the pipe open.
        #if canImport(Glibc)
        if let pipe2 { return pipe2(&ends, O_CLOEXEC) }
        return Glibc.pipe(&ends)
        #elseif canImport(Musl)
        return Musl.pipe2(&ends, O_CLOEXEC)
        #else
        return Darwin.pipe(&ends)
        #endif
    }

    #if canImport(Glibc)
    private typealias MakePipe = @convention(c) @Sendable (UnsafeMutablePointer<Int32>, Int32) -> Int32

    // Swift's Glibc module leaves it out, as it does what only `_GNU_SOURCE` declares.
    private static let pipe2 = dlsym(nil, "pipe2").map { unsafeBitCast($0, to: MakePipe.self) }
    #endif

    /// Makes reads and writes return instead of waiting. It acts on the open file, so only for what is ours alone.
    func setNonBlocking() {
        _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
    }

    /// Waits until the descriptor is ready.
    ///
    /// - Parameters:
    ///   - events: `POLLIN` or `POLLOUT`.
    ///   - waker: ends the wait when it becomes readable.
    ///   - timeout: milliseconds; -1 for no end.
    /// - Returns: whether it is ready; false when the waker or the time ended the wait.
    func wait(for events: Int32, waker: Descriptor, timeout: Int32 = -1) -> Bool {
        while true {
            var watched = [
                pollfd(fd: number, events: Int16(events), revents: 0),
                pollfd(fd: waker.number, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&watched, 2, timeout)
            if count < 0, errno == EINTR { continue }
            if count <= 0 || watched[1].revents != 0 { return false }
            return watched[0].revents != 0
        }
    }
}

extension TransportError {
    /// A failed call of the system.
    static func system(_ call: String, _ code: Int32) -> TransportError {
        TransportError("\(call): \(String(cString: strerror(code)))", isClosed: code == EPIPE || code == ECONNRESET)
    }
}

/// Without this a write to a client that is gone would end the process instead of failing.
func ignoreBrokenPipes() {
    _ = brokenPipesAreIgnored
}

private let brokenPipesAreIgnored: Bool = {
    var current = sigaction()
    guard sigaction(SIGPIPE, nil, &current) == 0 else { return false }
    #if canImport(Darwin)
    let handler = current.__sigaction_u.__sa_handler
    #else
    let handler = current.__sigaction_handler.sa_handler
    #endif
    // A program that has a handler of its own keeps it.
    if handler == nil { signal(SIGPIPE, SIG_IGN) }
    return true
}()
