#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A file read whole, up to a bound, together with the permissions of the very file that was read.
public struct BoundedFile: Sendable {
    /// What the file holds.
    public let contents: [UInt8]
    /// Who may read it.
    public let permissions: FilePermissions

    /// Reads the file at `path`.
    ///
    /// - Parameters:
    ///   - path: A regular file, a pipe or a device; symbolic links are followed.
    ///   - maximumBytes: A longer file is refused rather than cut.
    /// - Throws: ``FileFailure`` when it is missing, unreadable, a folder, or too long.
    public static func read(_ path: String, maximumBytes: Int) throws(FileFailure) -> BoundedFile {
        guard !path.utf8.contains(0) else { throw FileFailure("open", path, because: "the name holds a NUL character") }
        // Not to wait for a writer when the path is a named pipe.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileFailure("open", path, errno) }
        defer { close(descriptor) }
        let permissions = try FilePermissions.of(descriptor: descriptor, path: path)
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        while true {
            #if canImport(Glibc)
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            #elseif canImport(Musl)
            let count = Musl.read(descriptor, &chunk, chunk.count)
            #else
            let count = Darwin.read(descriptor, &chunk, chunk.count)
            #endif
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw FileFailure("read", path, errno)
            }
            contents.append(contentsOf: chunk[..<count])
            guard contents.count <= maximumBytes else {
                throw FileFailure("read", path, because: "it is longer than \(maximumBytes) bytes")
            }
        }
        return BoundedFile(contents: contents, permissions: permissions)
    }
}
