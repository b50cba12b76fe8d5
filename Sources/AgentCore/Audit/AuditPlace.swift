internal import AuthTokens

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Where an audit log is kept: what its folder and its file have to be like.
enum AuditPlace {
    /// A place that is not fit for an audit log.
    struct Unfit: Error, CustomStringConvertible {
        let description: String
        /// Whether it is refused for security.
        var isInsecure = false
    }

    /// Checks a folder: it exists, the process may write to it, and nobody else may.
    ///
    /// - Parameters:
    ///   - folder: An absolute path.
    ///   - isRootWelcome: Whether root may write to a folder of somebody else.
    static func checkFolder(_ folder: String, isRootWelcome: Bool = false) throws(Unfit) {
        var status = stat()
        guard stat(folder, &status) == 0 else {
            throw Unfit(description: "the folder \(folder) cannot be examined: \(String(cString: strerror(errno)))")
        }
        guard UInt32(status.st_mode) & 0o170000 == 0o040000 else { throw Unfit(description: "\(folder) is no folder") }
        // Who may write to the folder may exchange the files in it. A group of the owner's own, as many systems give to each
        // user, is nobody else.
        let mode = UInt32(status.st_mode) & 0o7777
        let isOthers = mode & 0o002 != 0 || (mode & 0o020 != 0 && status.st_gid != status.st_uid)
        guard !isOthers else {
            throw Unfit(
                description: "others may write to the folder \(folder) (mode \(String(mode, radix: 8))); chmod go-w it",
                isInsecure: true)
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 || isRootWelcome && geteuid() == 0 else {
            throw Unfit(
                description: "the folder \(folder) belongs to another user (\(status.st_uid), and this is "
                    + "\(geteuid())); run this as the user of the service, such as sudo -u postgres-agent",
                isInsecure: true)
        }
        guard access(folder, W_OK | X_OK) == 0 else {
            throw Unfit(description: "the folder \(folder) cannot be written to: \(String(cString: strerror(errno)))")
        }
    }

    /// Whether there is anything at a path.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 || errno != ENOENT
    }

    /// Makes a folder with mode 700 where there is none. What goes wrong shows when it is used.
    static func make(_ folder: String) { _ = mkdir(folder, 0o700) }

    /// Checks an open file: a regular one that nobody else may read.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - isRootWelcome: Whether root may write to a file of somebody else; one with a second name is refused then, since
    ///     its owner could have put it there for root to write to.
    static func check(_ file: AuditDescriptor, isRootWelcome: Bool = false) throws(Unfit) {
        let permissions: FilePermissions
        do {
            permissions = try file.permissions()
        } catch {
            throw Unfit(description: error.description)
        }
        guard permissions.isRegularFile else { throw Unfit(description: "\(file.path) is no regular file") }
        guard !permissions.isExposed else {
            throw Unfit(
                description: "others may read \(file.path) (mode \(permissions.octal)); chmod 600 it", isInsecure: true)
        }
        if isRootWelcome, geteuid() == 0 {
            guard file.hasOneName else { throw Unfit(description: "\(file.path) has a second name", isInsecure: true) }
            return
        }
        guard permissions.owner == geteuid() || permissions.owner == 0 else {
            throw Unfit(description: "\(file.path) belongs to another user", isInsecure: true)
        }
    }

    /// The folder of a path.
    static func folder(of path: String) -> String { FilePath.folder(of: path) }
}
