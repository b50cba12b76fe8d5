import CZlib
import NIOCore

/// Makes gzip of a whole body at once (RFC 1952).
enum Gzip {
    /// The most bytes that are compressed at once; zlib counts them in 32 bits.
    static let largest = 1 << 30

    /// Compresses.
    ///
    /// - Parameters:
    ///   - body: What to compress.
    ///   - padding: So many bytes are added that say nothing, at most 1,024.
    /// - Returns: `nil` when it would not become smaller.
    static func compressed(_ body: ByteBuffer, padding: Int) -> ByteBuffer? {
        let count = body.readableBytes
        guard count <= largest else { return nil }
        let room = czlib_bound(count, padding)
        var output = ByteBuffer()
        let made = body.withUnsafeReadableBytes { text -> Int in
            guard let start = text.bindMemory(to: UInt8.self).baseAddress else { return 0 }
            return output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
                guard let target = target.bindMemory(to: UInt8.self).baseAddress else { return 0 }
                // 4 of 9: of JSON it saves nearly what 6 does, in half of the time.
                return czlib_gzip(start, count, target, room, padding, 4)
            }
        }
        return made > 0 && made < count ? output : nil
    }
}
