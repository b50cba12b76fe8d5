#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Replaces whole files so that a reader, or a crash, sees either the old contents or the new.
public enum AtomicFile {
    /// Writes `contents` to a new file beside `path`, flushes it, renames it over `path`, and flushes the folder.
    ///
    /// - Parameters:
    ///   - path: The file to make or to replace. A symbolic link is replaced by a file, not followed.
    ///   - contents: Everything that the file shall hold.
    ///   - mode: The permission bits, set before the first byte is written and whatever the process's umask.
    ///   - owner: The user and group id that the file shall belong to, which only root may choose; `nil` for the process's own.
    ///   - overwriting: When `false`, an existing file is an error (`EEXIST`) and is left as it is, without a race.
    /// - Throws: ``FileFailure``; the file is unchanged then, and the temporary file removed.
    public static func replace(
        _ path: String, contents: [UInt8], mode: UInt32 = 0o600, owner: (user: UInt32, group: UInt32)? = nil,
        overwriting: Bool = true
    ) throws(FileFailure) {
        // In the same folder, since rename is atomic within one file system only.
        let temporary = "\(path).\(getpid()).\(UInt32.random(in: .min ... .max)).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileFailure("write", path, errno) }
        do throws(FileFailure) {
            defer { close(descriptor) }
            if let owner, fchown(descriptor, owner.user, owner.group) != 0 { throw FileFailure("write", path, errno) }
            guard fchmod(descriptor, mode_t(mode)) == 0 else { throw FileFailure("write", path, errno) }
            try write(contents, to: descriptor, path: path)
            guard fsync(descriptor) == 0 else { throw FileFailure("write", path, errno) }
        } catch {
            unlink(temporary)
            throw error
        }
        // link() refuses an existing name where rename() would replace it.
        let failed = overwriting ? rename(temporary, path) != 0 : link(temporary, path) != 0
        let number = errno
        if failed || !overwriting { unlink(temporary) }
        guard !failed else { throw FileFailure("replace", path, number) }
        try flushFolder(of: path)
    }

    private static func write(_ contents: [UInt8], to descriptor: Int32, path: String) throws(FileFailure) {
        let number = contents.withUnsafeBytes { WholeWrite.write($0, to: descriptor) }
        guard number == 0 else { throw FileFailure("write", path, number) }
    }

    /// A rename is durable only when the folder that holds the name is.
    private static func flushFolder(of path: String) throws(FileFailure) {
        let descriptor = open(FileName.folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure("replace", path, errno) }
        defer { close(descriptor) }
        // Some file systems (FUSE, network mounts) cannot flush a folder and say so; the rename itself was done.
        guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP else {
            throw FileFailure("replace", path, errno)
        }
    }
}
