internal import AuthTokens

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Why the system could not do something with a file.
struct SystemFailure: Error, Equatable, CustomStringConvertible {
    /// What was tried, with the file: `write /var/log/audit.jsonl`.
    let operation: String
    let number: Int32

    init(_ operation: String, _ number: Int32 = errno) {
        self.operation = operation
        self.number = number
    }

    var reason: String { String(cString: strerror(number)) }
    var description: String { "cannot \(operation): \(reason)" }
    var isMissing: Bool { number == ENOENT }

    /// More records wait than are kept in memory, or the log was closed.
    static let queueFull = SystemFailure("queue a record", EAGAIN)
}

/// An open file of an audit log; closed at the end of its life.
final class AuditDescriptor: Sendable {
    private let number: Int32
    let path: String

    /// Opens a file to append to, and makes it when it is missing, readable by its owner alone.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - owner: Whom a file that has nothing in it yet is given to; nil: nobody else.
    init(appendingTo path: String, owner: AuditLedger.Owner? = nil) throws(SystemFailure) {
        // Whoever may put a symbolic link there could have any file written to.
        number = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o600)
        self.path = path
        guard number >= 0 else { throw SystemFailure("open \(path)") }
        guard let owner, try status().size == 0 else { return }
        guard fchown(number, owner.user, owner.group) == 0 else { throw SystemFailure("give away \(path)") }
    }

    /// Opens a file to read.
    init(reading path: String) throws(SystemFailure) {
        number = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        self.path = path
        guard number >= 0 else { throw SystemFailure("open \(path)") }
    }

    private init(number: Int32, path: String) {
        self.number = number
        self.path = path
    }

    deinit { if number >= 0 { close(number) } }

    /// Another descriptor of the same open file.
    func duplicate() -> AuditDescriptor? {
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 0)
        return copy < 0 ? nil : AuditDescriptor(number: copy, path: path)
    }

    /// What tells files apart, and how long this one is.
    struct Identity: Equatable {
        var device: UInt64
        var inode: UInt64
    }

    func status() throws(SystemFailure) -> (identity: Identity, size: Int) {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw SystemFailure("examine \(path)") }
        return (
            Identity(device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(status.st_ino)),
            Int(status.st_size)
        )
    }

    /// Whether no other name leads to the file.
    var hasOneName: Bool {
        var status = stat()
        return fstat(number, &status) == 0 && status.st_nlink == 1
    }

    /// The file that has the path now; nil when there is none.
    static func identity(of path: String) -> Identity? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return Identity(device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(status.st_ino))
    }

    func permissions() throws(FileFailure) -> FilePermissions {
        try FilePermissions.of(descriptor: number, path: path)
    }

    /// Writes all of the bytes at the end.
    func append(_ bytes: [UInt8]) throws(SystemFailure) {
        let failure = bytes.withUnsafeBytes { WholeWrite.write($0, to: number) }
        guard failure == 0 else { throw SystemFailure("write \(path)", failure) }
    }

    /// The bytes from `offset` on, at most so many; fewer at the end of the file.
    func read(at offset: Int, count: Int) throws(SystemFailure) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, size in
            size = 0
            while size < count {
                let got = pread(number, buffer.baseAddress.map { $0 + size }, count - size, off_t(offset + size))
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                guard got > 0 else { return }
                size += got
            }
        }
        guard failure == 0 else { throw SystemFailure("read \(path)", failure) }
        return bytes
    }

    func truncate(to size: Int) throws(SystemFailure) {
        guard ftruncate(number, off_t(size)) == 0 else { throw SystemFailure("truncate \(path)") }
    }

    /// Waits until what was written is on the disk.
    func flush() throws(SystemFailure) {
        #if canImport(Darwin)
        // fsync() leaves it in the drive's own memory there.
        guard fcntl(number, F_FULLFSYNC) == 0 || fsync(number) == 0 else { throw SystemFailure("flush \(path)") }
        #else
        guard fdatasync(number) == 0 else { throw SystemFailure("flush \(path)") }
        #endif
    }

    /// Replaces a file by a new one of the same folder, without waiting for the disk.
    static func replace(_ path: String, contents: [UInt8]) throws(SystemFailure) {
        let temporary = path + ".tmp"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemFailure("write \(path)") }
        let file = AuditDescriptor(number: descriptor, path: path)
        do throws(SystemFailure) {
            try file.append(contents)
        } catch {
            unlink(temporary)
            throw error
        }
        do throws(SystemFailure) {
            try move(temporary, to: path)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Gives a file another name.
    static func move(_ path: String, to name: String) throws(SystemFailure) {
        #if canImport(Glibc)
        let result = Glibc.rename(path, name)
        #elseif canImport(Musl)
        let result = Musl.rename(path, name)
        #else
        let result = Darwin.rename(path, name)
        #endif
        guard result == 0 else { throw SystemFailure("rename \(path)") }
    }

    /// The names in a folder.
    static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
                    String(cString: $0)
                }
            }
            names.append(name)
        }
        return names
    }
}
