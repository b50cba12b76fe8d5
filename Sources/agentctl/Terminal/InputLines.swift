import Dispatch
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Standard input line by line, where keys are not read one by one.
///
/// Whoever waits can be cancelled without a thread staying behind in `read`, which would take the next line and keep it.
final class InputLines: Sendable {
    /// Standard input of the process. Whoever reads it otherwise loses what is kept here.
    static let standard = InputLines(descriptor: STDIN_FILENO)

    /// The longest line, in bytes; what is longer comes in pieces.
    private static let longest = 1 << 20

    private let descriptor: Int32
    private let kept = Mutex<[UInt8]>([])

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// The next line without its end, read outside of the threads that all tasks share; nil at the end of the input.
    ///
    /// - Throws: `CancellationError`; the line that comes then is the next one's.
    func next() async throws -> String? {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        let (wakeRead, wakeWrite) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer {
            close(wakeRead)
            close(wakeWrite)
        }
        let line = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<String?, Never>) in
                DispatchQueue(label: "input").async { continuation.resume(returning: self.read(wakeRead)) }
            }
        } onCancel: {
            _ = StandardStreams.write("c", toDescriptor: wakeWrite)
        }
        try Task.checkCancellation()
        return line
    }

    /// Forgets what was typed and not read yet: it is no answer to a question that comes now.
    func discard() {
        kept.withLock { $0 = [] }
        _ = tcflush(descriptor, TCIFLUSH)
    }

    private func read(_ wake: Int32) -> String? {
        while true {
            if let line = kept.withLock({ Self.takeLine(&$0, isAtEnd: false) }) { return line }
            var watched = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
            ]
            let ready = poll(&watched, nfds_t(watched.count), -1)
            if ready < 0 {
                if errno == EINTR { continue }
                return nil
            }
            if watched[1].revents != 0 { return nil }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = buffer.withUnsafeMutableBytes { bytes in
                #if canImport(Glibc)
                Glibc.read(descriptor, bytes.baseAddress, bytes.count)
                #elseif canImport(Musl)
                Musl.read(descriptor, bytes.baseAddress, bytes.count)
                #else
                Darwin.read(descriptor, bytes.baseAddress, bytes.count)
                #endif
            }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { return kept.withLock { Self.takeLine(&$0, isAtEnd: true) } }
            kept.withLock { $0 += buffer[..<count] }
        }
    }

    private static func takeLine(_ bytes: inout [UInt8], isAtEnd: Bool) -> String? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else {
            guard bytes.count >= longest || isAtEnd && !bytes.isEmpty else { return nil }
            defer { bytes = [] }
            return String(decoding: bytes, as: UTF8.self)
        }
        defer { bytes.removeSubrange(...end) }
        return String(decoding: bytes[..<end], as: UTF8.self)
    }
}
