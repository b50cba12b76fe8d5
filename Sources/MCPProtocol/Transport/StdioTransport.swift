import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Messages as lines over two file descriptors: standard input and output, or pipes (item 11).
///
/// A thread of its own reads, and calls the receiver directly. Whoever uses standard output for MCP must write nothing
/// else to it. `SIGPIPE` is ignored in the whole process, unless it has a handler: a write to a client that is gone
/// fails instead.
public final class StdioTransport: Transport {
    private let input: Descriptor
    private let writer: LineWriter
    private let maximumMessageBytes: Int
    /// Readable from ``close()`` on.
    private let waker: Descriptor
    /// Dropped, and so closed, by ``close()``, which makes ``waker`` readable.
    private let wakerEnd: Mutex<Descriptor?>
    /// As ``wakerEnd``, for the writer: it goes on after the reading was cancelled, so that answers in flight get out.
    private let writerWakerEnd: Mutex<Descriptor?>

    private static let chunkBytes = 64 << 10
    /// From how many bytes on a message is written in pieces.
    private static let longMessage = 256 << 10

    /// A transport over two descriptors.
    ///
    /// - Parameters:
    ///   - input: is read.
    ///   - output: is written.
    ///   - maximumMessageBytes: the longest line that is read; a longer one is skipped without keeping it.
    ///   - closesDescriptors: whether the descriptors belong to the transport: they are closed with it, and set not to
    ///     block.
    /// - Throws: ``TransportError`` when the system has no descriptors left.
    public init(
        input: Int32 = 0, output: Int32 = 1, maximumMessageBytes: Int = 4 << 20, closesDescriptors: Bool = false
    ) throws {
        ignoreBrokenPipes()
        let (waker, wakerEnd) = try Descriptor.pipe()
        let (writerWaker, writerWakerEnd) = try Descriptor.pipe()
        let output = Descriptor(output, owned: closesDescriptors)
        self.input = Descriptor(input, owned: closesDescriptors)
        if closesDescriptors {
            self.input.setNonBlocking()
            output.setNonBlocking()
        }
        self.writer = LineWriter(output: output, waker: writerWaker)
        self.waker = waker
        self.wakerEnd = Mutex(wakerEnd)
        self.writerWakerEnd = Mutex(writerWakerEnd)
        self.maximumMessageBytes = maximumMessageBytes
    }

    /// Reads lines until the end of the input or ``close()``.
    public func run(_ receive: @escaping @Sendable (InboundFrame) -> Void) async throws {
        let failure = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<TransportError?, Never>) in
                let started = DetachedThread.start { [input, waker, maximumMessageBytes] in
                    let failure = Self.read(input, waker: waker, maximumBytes: maximumMessageBytes, receive)
                    continuation.resume(returning: failure)
                }
                if !started { continuation.resume(returning: TransportError("No thread can be started")) }
            }
        } onCancel: {
            wakerEnd.withLock { $0 = nil }
        }
        if let failure { throw failure }
    }

    /// Writes one message as a line.
    public func send(_ message: [UInt8]) async throws { try await writer.send(message) }

    /// Writes one message as a line; of a long one no text is held.
    public func send(_ message: JSONValue) async throws {
        if message.isLonger(than: Self.longMessage) {
            try await writer.send(message)
        } else {
            try await writer.send(message.serialized())
        }
    }

    /// Writes one message as a line; may block the thread.
    public func post(_ message: [UInt8]) throws { try writer.post(message) }

    /// Ends ``run(_:)``; messages that wait to be written fail.
    public func close() {
        wakerEnd.withLock { $0 = nil }
        writerWakerEnd.withLock { $0 = nil }
        writer.close()
    }

    private static func read(
        _ input: Descriptor, waker: Descriptor, maximumBytes: Int, _ receive: (InboundFrame) -> Void
    ) -> TransportError? {
        var splitter = LineSplitter(maximumBytes: maximumBytes)
        var chunk = [UInt8](repeating: 0, count: chunkBytes)
        while input.wait(for: POLLIN, waker: waker) {
            let count = chunk.withUnsafeMutableBytes { systemRead(input.number, $0) }
            if count > 0 {
                chunk.withUnsafeBufferPointer { splitter.feed(UnsafeBufferPointer(rebasing: $0[..<count]), receive) }
            } else if count == 0 {
                splitter.finish(receive)
                return nil
            } else if errno != EINTR, errno != EAGAIN {
                let code = errno
                // A client that ends in the middle of something has ended.
                return code == ECONNRESET ? nil : .system("read", code)
            }
        }
        return nil
    }

    private static func systemRead(_ number: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Darwin)
        Darwin.read(number, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
        Musl.read(number, buffer.baseAddress, buffer.count)
        #else
        Glibc.read(number, buffer.baseAddress, buffer.count)
        #endif
    }
}
