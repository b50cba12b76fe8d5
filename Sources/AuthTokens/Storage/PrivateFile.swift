#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Files for one owner: read when nobody else may, replaced without changing whose they are.
enum PrivateFile {
    /// The longest token, user or state file.
    static let maximumBytes = 64 << 20

    /// Reads a file that others must not be able to read.
    static func read(_ path: String) throws(AccountError) -> [UInt8] {
        let file: BoundedFile
        do {
            file = try BoundedFile.read(path, maximumBytes: maximumBytes)
        } catch {
            throw AccountError(error)
        }
        guard !file.permissions.isRegularFile || !file.permissions.isExposed else {
            throw AccountError(
                .exposed, "\(path): others may read or change the file (mode \(file.permissions.octal)); chmod 600 it")
        }
        return file.contents
    }

    /// Replaces a file. The caller holds its lock.
    ///
    /// The mode stays when it is private (a root-owned file at 0640 is), and is 0600 for a new file. What root writes goes on
    /// to belong to whom it belonged; a new file to whom its folder belongs, so that `sudo agentctl` does not lock out the
    /// service.
    static func replace(_ path: String, _ contents: [UInt8]) throws(FileFailure) {
        let old = try? FilePermissions.of(path)
        let mode = old.flatMap { $0.isExposed ? nil : $0.mode & 0o777 | 0o600 } ?? 0o600
        var owner: FilePermissions?
        if geteuid() == 0 {
            owner = old
            if owner == nil { owner = try FilePermissions.of(FileName.folder(of: path)) }
        }
        try AtomicFile.replace(path, contents: contents, mode: mode, owner: owner.map { ($0.owner, $0.group) })
    }

    /// The same, for files of accounts.
    static func save(_ path: String, _ contents: [UInt8]) throws(AccountError) {
        do throws(FileFailure) {
            try replace(path, contents)
        } catch {
            throw AccountError(error)
        }
    }
}
