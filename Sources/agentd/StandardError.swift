import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Standard error, which holds nobody up: a client may start `agentd` with a pipe there and never read it (the MCP specification
/// lets it ignore what the server logs), and a terminal can be stopped with Ctrl-S.
///
/// Whoever reads slowly is waited for, so that a burst is not lost. When nothing could be written for a second the reader is
/// taken to have stopped: lines are dropped from then on, without waiting, until there is room again, and their number is said.
enum StandardError {
    private struct State {
        /// Nothing could be written when it was last tried.
        var isStalled = false
        /// The last line was not written to its end.
        var isCut = false
        /// Lines that were dropped since one was written.
        var dropped = 0
    }

    private static let state = Mutex(State())
    /// Milliseconds.
    private static let longestWait: Int32 = 1000
    /// What a pipe that polls as writable takes without waiting, and in one piece (`PIPE_BUF` of Linux).
    private static let piece = 4096

    /// Writes a line, or drops it.
    ///
    /// - Parameters:
    ///   - line: It, with its end. Up to 4,096 bytes are one `write`, which does not mix with what other processes write there.
    ///   - dropped: The line, with its end, which says that so many were dropped before.
    static func write(_ line: [UInt8], dropped: (Int) -> [UInt8]) {
        state.withLock { state in
            if state.dropped > 0 {
                guard put(dropped(state.dropped), &state) else {
                    state.dropped += 1
                    return
                }
                state.dropped = 0
            }
            if !put(line, &state) { state.dropped += 1 }
        }
    }

    private static func put(_ line: [UInt8], _ state: inout State) -> Bool {
        var rest = (state.isCut ? [UInt8(ascii: "\n")] + line : line)[...]
        var isBegun = false
        while !rest.isEmpty {
            guard isWritable(within: state.isStalled ? 0 : longestWait) else { break }
            let count = rest.withUnsafeBytes { bytes in
                let count = min(bytes.count, piece)
                #if canImport(Darwin)
                return Darwin.write(STDERR_FILENO, bytes.baseAddress, count)
                #elseif canImport(Musl)
                return Musl.write(STDERR_FILENO, bytes.baseAddress, count)
                #else
                return Glibc.write(STDERR_FILENO, bytes.baseAddress, count)
                #endif
            }
            if count < 0, errno == EINTR { continue }
            // A log that cannot be written is no reason to stop serving.
            guard count > 0 else { break }
            isBegun = true
            state.isStalled = false
            rest = rest.dropFirst(count)
        }
        guard !rest.isEmpty else {
            state.isCut = false
            return true
        }
        state.isStalled = true
        state.isCut = state.isCut || isBegun
        return false
    }

    /// Whether there is room. Files always have it.
    private static func isWritable(within milliseconds: Int32) -> Bool {
        var watched = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
        while true {
            let ready = poll(&watched, 1, milliseconds)
            if ready < 0, errno == EINTR { continue }
            return ready != 0
        }
    }
}
