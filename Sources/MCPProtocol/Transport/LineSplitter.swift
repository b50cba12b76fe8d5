#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Cuts a stream of bytes into lines. Holds at most one line of the allowed length; of a longer one it says so once,
/// and skips to its end without keeping it.
package struct LineSplitter: Sendable {
    /// The largest number of bytes of a line, without its end.
    package let maximumBytes: Int
    private var partial: [UInt8] = []
    private var skipping = false

    package init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    /// Takes the next bytes of the stream. Time is linear in their number.
    package mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>, _ emit: (InboundFrame) -> Void) {
        guard let base = bytes.baseAddress else { return }
        var start = 0
        while start < bytes.count {
            let rest = bytes.count - start
            guard let newline = memchr(base + start, 0x0A, rest) else {
                keep(UnsafeBufferPointer(start: base + start, count: rest), emit)
                return
            }
            let end = UnsafeRawPointer(newline) - UnsafeRawPointer(base)
            let line = UnsafeBufferPointer(start: base + start, count: end - start)
            start = end + 1
            keep(line, emit)
            endOfLine(emit)
        }
    }

    /// The stream ended; a last line without its end counts.
    package mutating func finish(_ emit: (InboundFrame) -> Void) {
        endOfLine(emit)
    }

    private mutating func keep(_ bytes: UnsafeBufferPointer<UInt8>, _ emit: (InboundFrame) -> Void) {
        if skipping { return }
        guard bytes.count <= maximumBytes - partial.count else {
            skipping = true
            partial = []
            emit(.oversized(limit: maximumBytes))
            return
        }
        partial.append(contentsOf: bytes)
    }

    private mutating func endOfLine(_ emit: (InboundFrame) -> Void) {
        if skipping {
            skipping = false
            return
        }
        if partial.last == 0x0D { partial.removeLast() }
        // A blank line is no message; some clients send them to keep a pipe busy.
        if partial.contains(where: { $0 != 0x20 && $0 != 0x09 }) {
            let line = partial
            partial = []
            emit(.message(line))
        } else {
            partial.removeAll(keepingCapacity: true)
        }
    }
}
