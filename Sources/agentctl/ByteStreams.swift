import AuthTokens

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Reads a file or standard input in pieces as they arrive.
struct ByteInput {
    private static let pieceSize = 1 << 16
    private let descriptor: Int32

    /// Opens a file; `-` is standard input. Nil when it cannot be opened.
    init?(path: String) {
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { return nil }
    }

    /// The next bytes, at least one; nil at the end.
    func read() throws -> [UInt8]? {
        while true {
            var count = 0
            let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { buffer, size in
                #if canImport(Darwin)
                count = Darwin.read(descriptor, buffer.baseAddress, buffer.count)
                #elseif canImport(Musl)
                count = Musl.read(descriptor, buffer.baseAddress, buffer.count)
                #else
                count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                #endif
                size = max(0, count)
            }
            if count > 0 { return piece }
            if count == 0 { return nil }
            if errno != EINTR { throw ClassifyFailure(message: "cannot read: \(Self.lastError())") }
        }
    }

    /// Everything to the end.
    func readAll() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try read() { bytes += piece }
        return bytes
    }

    /// What the last call of the system complained of.
    static func lastError() -> String {
        guard let text = strerror(errno) else { return "error \(errno)" }
        return String(cString: text)
    }
}

/// Writes bytes to standard output, all of them.
enum ByteOutput {
    static func write(_ bytes: [UInt8]) throws {
        let number = bytes.withUnsafeBytes { WholeWrite.write($0, to: STDOUT_FILENO) }
        guard number == 0 else { throw ClassifyFailure(message: "cannot write: \(String(cString: strerror(number)))") }
    }
}

/// Cuts a stream of bytes into lines. Every byte is looked at once, however the pieces fall.
struct LineBuffer {
    private var bytes: [UInt8] = []
    /// Where the line begins that is being collected, and up to where no line feed was found.
    private var start = 0
    private var searched = 0

    mutating func append(_ piece: [UInt8]) {
        if start > 0 {
            bytes.removeFirst(start)
            searched -= start
            start = 0
        }
        bytes += piece
    }

    /// The next whole line without its line feed.
    mutating func next() -> ArraySlice<UInt8>? {
        guard let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
            searched = bytes.count
            return nil
        }
        defer {
            start = end + 1
            searched = start
        }
        return bytes[start..<end]
    }

    /// What stands behind the last line feed, or nil when there is nothing.
    func rest() -> ArraySlice<UInt8>? { start < bytes.count ? bytes[start...] : nil }
}
