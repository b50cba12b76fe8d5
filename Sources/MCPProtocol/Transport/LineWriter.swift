import Dispatch
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Writes whole lines to a descriptor, one at a time.
///
/// A short line goes out on the thread of the sender when the pipe has room: no hop, and a write of at most `PIPE_BUF`
/// bytes to a pipe that is ready does not block. Everything else goes through a queue with a thread of its own, so that
/// a slow reader never holds a thread of Swift's pool; its sender waits suspended.
final class LineWriter: Sendable {
    private struct Pending: Sendable {
        var bytes: [UInt8] = []
        /// A message that becomes text while it is written.
        var message: JSONValue?
        /// Whether a line end follows: a large message is not copied to append one.
        var endsLine = true
        let done: @Sendable (TransportError?) -> Void
    }

    private struct State {
        var output: Descriptor?
        var isWriting = false
        var pending: [Pending] = []
        var failure: TransportError?
    }

    /// What POSIX guarantees to be written at once to a pipe that is ready, and what Linux has.
    private static let inlineBytes = 4096

    private let state: Mutex<State>
    private let waker: Descriptor
    private let queue = DispatchQueue(label: "mcp.write")

    init(output: Descriptor, waker: Descriptor) {
        self.state = Mutex(State(output: output))
        self.waker = waker
    }

    /// Writes a message and a line end; returns when the system has it.
    func send(_ message: [UInt8]) async throws(TransportError) {
        if try writeInline(message) { return }
        let failure = await withCheckedContinuation { (continuation: CheckedContinuation<TransportError?, Never>) in
            enqueue(Pending(bytes: message) { continuation.resume(returning: $0) })
        }
        if let failure { throw failure }
    }

    /// Writes a long message and a line end, in pieces; returns when the system has it.
    func send(_ message: JSONValue) async throws(TransportError) {
        let failure = await withCheckedContinuation { (continuation: CheckedContinuation<TransportError?, Never>) in
            enqueue(Pending(message: message) { continuation.resume(returning: $0) })
        }
        if let failure { throw failure }
    }

    /// As ``send(_:)``, blocking the calling thread, which must not be one of Swift's pool.
    func post(_ message: [UInt8]) throws(TransportError) {
        if try writeInline(message) { return }
        let semaphore = DispatchSemaphore(value: 0)
        let box = FailureBox()
        enqueue(
            Pending(bytes: message) { failure in
                box.failure.withLock { $0 = failure }
                semaphore.signal()
            })
        semaphore.wait()
        if let failure = box.failure.withLock({ $0 }) { throw failure }
    }

    /// Lets go of the descriptor; what waits to be written fails.
    func close() {
        let waiting = state.withLock { state in
            state.failure = state.failure ?? .closed
            state.output = nil
            defer { state.pending = [] }
            return state.pending
        }
        for pending in waiting { pending.done(.closed) }
    }

    private final class FailureBox: Sendable {
        let failure = Mutex<TransportError?>(nil)
    }

    /// - Returns: whether the message and its line end were written.
    private func writeInline(_ message: [UInt8]) throws(TransportError) -> Bool {
        let (output, failure) = state.withLock { state -> (Descriptor?, TransportError?) in
            guard !state.isWriting, message.count < Self.inlineBytes else { return (nil, state.failure) }
            state.isWriting = state.output != nil
            return (state.output, state.failure)
        }
        if let failure { throw failure }
        guard let output else { return false }
        let line = message + [0x0A]
        var rest = line[...]
        var failed: TransportError?
        if output.wait(for: POLLOUT, waker: waker, timeout: 0) {
            do throws(TransportError) { rest = try Self.writeSome(rest, to: output) } catch { failed = error }
        }
        if let failed {
            finishInline(failure: failed)
            throw failed
        }
        if rest.isEmpty {
            finishInline(failure: nil)
            return true
        }
        guard rest.count < line.count else {
            finishInline(failure: nil)
            return false
        }
        // A part of the line is out, which only happens when the descriptor does not block. The rest goes first.
        state.withLock { $0.pending.insert(Pending(bytes: Array(rest), endsLine: false) { _ in }, at: 0) }
        finishInline(failure: nil)
        return true
    }

    private func finishInline(failure: TransportError?) {
        let drains = state.withLock { state in
            if let failure { state.failure = state.failure ?? failure }
            state.isWriting = !state.pending.isEmpty
            return state.isWriting
        }
        if drains { queue.async { self.drain() } }
    }

    private func enqueue(_ pending: Pending) {
        let (failure, drains) = state.withLock { state -> (TransportError?, Bool) in
            if let failure = state.failure { return (failure, false) }
            state.pending.append(pending)
            defer { state.isWriting = true }
            return (nil, !state.isWriting)
        }
        if let failure { pending.done(failure) }
        if drains { queue.async { self.drain() } }
    }

    /// On the queue: writes what waits, in order.
    private func drain() {
        while true {
            let next = state.withLock { state -> (Pending, Descriptor?, TransportError?)? in
                guard !state.pending.isEmpty else {
                    state.isWriting = false
                    return nil
                }
                return (state.pending.removeFirst(), state.output, state.failure)
            }
            guard let (pending, output, failure) = next else { return }
            guard let output, failure == nil else {
                pending.done(failure ?? .closed)
                continue
            }
            var failed = pending.message.flatMap { writeAll($0, to: output) } ?? writeAll(pending.bytes, to: output)
            if failed == nil, pending.endsLine { failed = writeAll([0x0A], to: output) }
            if let failed { state.withLock { $0.failure = $0.failure ?? failed } }
            pending.done(failed)
        }
    }

    /// - Returns: why not everything was written.
    private func writeAll(_ message: JSONValue, to output: Descriptor) -> TransportError? {
        var failed: TransportError?
        message.serialize(inPieces: { piece in
            if failed == nil { failed = self.writeAll(piece, to: output) }
        })
        return failed
    }

    /// - Returns: why not everything was written.
    private func writeAll(_ bytes: [UInt8], to output: Descriptor) -> TransportError? {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard output.wait(for: POLLOUT, waker: waker) else { return .closed }
            do throws(TransportError) { rest = try Self.writeSome(rest, to: output) } catch { return error }
        }
        return nil
    }

    /// One call of `write`.
    ///
    /// - Returns: what is left.
    private static func writeSome(
        _ bytes: ArraySlice<UInt8>, to output: Descriptor
    ) throws(TransportError) -> ArraySlice<UInt8> {
        let count = bytes.withUnsafeBytes { write(output.number, $0.baseAddress, $0.count) }
        if count >= 0 { return bytes.dropFirst(count) }
        switch errno {
        case EINTR, EAGAIN: return bytes
        case let code: throw .system("write", code)
        }
    }
}
