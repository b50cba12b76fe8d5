#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Who owns a file and who may read it.
public struct FilePermissions: Sendable, Hashable {
    /// The permission bits, for example `0o600`.
    public let mode: UInt32
    /// The user id of the owner.
    public let owner: UInt32
    /// The group id of the file.
    public let group: UInt32
    /// Whether it is a regular file, after following symbolic links.
    public let isRegularFile: Bool

    /// Makes a value from its parts.
    ///
    /// - Parameters:
    ///   - mode: The permission bits.
    ///   - owner: The user id of the owner.
    ///   - group: The group id.
    ///   - isRegularFile: Whether it is a regular file.
    public init(mode: UInt32, owner: UInt32, group: UInt32 = 0, isRegularFile: Bool = true) {
        self.mode = mode
        self.owner = owner
        self.group = group
        self.isRegularFile = isRegularFile
    }

    /// Reads the permissions of the file at `path`, following symbolic links.
    ///
    /// - Parameter path: The path of the file.
    /// - Throws: ``FileFailure`` when the file cannot be examined.
    public static func of(_ path: String) throws(FileFailure) -> FilePermissions {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileFailure("examine", path, errno) }
        return FilePermissions(status)
    }

    /// Reads the permissions of an open file, which no rename can exchange under the reader.
    ///
    /// - Parameters:
    ///   - descriptor: The open file.
    ///   - path: The name for an error message.
    /// - Throws: ``FileFailure`` when the file cannot be examined.
    public static func of(descriptor: Int32, path: String) throws(FileFailure) -> FilePermissions {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileFailure("examine", path, errno) }
        return FilePermissions(status)
    }

    private init(_ status: stat) {
        self.init(
            mode: UInt32(status.st_mode) & 0o7777, owner: status.st_uid, group: status.st_gid,
            isRegularFile: UInt32(status.st_mode) & 0o170000 == 0o100000)
    }

    /// Whether somebody other than the owner may read or change the file, by PostgreSQL's rule for private keys.
    ///
    /// A file is private at mode 0600 or less, or, when root owns it, at 0640 or less: a system-wide key that a
    /// service's group may read (`check_ssl_key_file_permissions` in `src/backend/libpq/be-secure-common.c`).
    public var isExposed: Bool {
        owner == 0 ? mode & 0o027 != 0 : mode & 0o077 != 0
    }

    /// Whether somebody other than the owner (and, for a file of root's, its group) may read or change the file.
    ///
    /// - Parameter path: The path of the file; symbolic links are followed.
    /// - Returns: `true` when a secret must not be kept there.
    /// - Throws: ``FileFailure`` when the file cannot be examined.
    public static func check(_ path: String) throws(FileFailure) -> Bool {
        try of(path).isExposed
    }

    /// The mode as people write it, for example `0640`.
    public var octal: String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }
}
