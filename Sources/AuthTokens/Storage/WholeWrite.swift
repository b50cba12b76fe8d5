#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Writes all of some bytes, however few the system takes at a time.
package enum WholeWrite {
    /// Writes to an open file.
    ///
    /// - Parameters:
    ///   - bytes: What to write.
    ///   - descriptor: The file, which may be a pipe or a terminal.
    /// - Returns: The system's error number; 0 when everything was written.
    package static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
        var rest = bytes
        while !rest.isEmpty {
            #if canImport(Glibc)
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            #elseif canImport(Musl)
            let count = Musl.write(descriptor, rest.baseAddress, rest.count)
            #else
            let count = Darwin.write(descriptor, rest.baseAddress, rest.count)
            #endif
            if count < 0, errno == EINTR { continue }
            // A regular file takes at least a byte or fails; a device that takes none would never end.
            guard count != 0 else { return EIO }
            guard count > 0 else { return errno }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return 0
    }
}
