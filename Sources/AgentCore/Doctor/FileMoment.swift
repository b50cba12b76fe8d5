internal import AuthTokens

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What the file system says of a path beyond its permissions.
enum FileMoment {
    /// When the contents were last changed; `nil` when there is no such file.
    static func changed(_ path: String) -> Timestamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        #if canImport(Darwin)
        return Timestamp(seconds: Int64(status.st_mtimespec.tv_sec))
        #else
        return Timestamp(seconds: Int64(status.st_mtim.tv_sec))
        #endif
    }
}

/// How much room is left.
enum DiskSpace {
    /// The free part of the file system of a path, 0 to 1, and the free bytes; `nil` when it cannot be asked.
    static func free(_ path: String) -> (share: Double, bytes: Double)? {
        var status = statvfs()
        guard statvfs(path, &status) == 0, status.f_blocks > 0 else { return nil }
        let bytes = Double(status.f_bavail) * Double(status.f_frsize)
        return (Double(status.f_bavail) / Double(status.f_blocks), bytes)
    }
}

/// The folders of a path, and who may exchange what is in them.
struct FolderPath: Sendable {
    /// Why a file is not safe in its folders; empty when it is.
    ///
    /// Whoever may write to a folder may put another file in the place of one in it, whatever the mode of that. A folder with
    /// the sticky bit, such as `/tmp`, lets only the owner of a file do so.
    ///
    /// - Parameters:
    ///   - path: An absolute path.
    ///   - owners: Who may own a folder.
    static func problems(above path: String, owners: Set<UInt32>) -> [String] {
        var problems: [String] = []
        var seen: Set<String> = []
        // The links on the way count as much as where they lead.
        for start in [path, resolved(path)] {
            var folder = FilePath.folder(of: start)
            while seen.insert(folder).inserted {
                if let problem = problem(of: folder, owners: owners) { problems.append(problem) }
                if folder == "/" { break }
                folder = FilePath.folder(of: folder)
            }
        }
        return problems
    }

    /// Why a folder is not safe.
    static func problem(of folder: String, owners: Set<UInt32>) -> String? {
        guard let permissions = try? FilePermissions.of(folder) else { return nil }
        if permissions.mode & 0o002 != 0, permissions.mode & 0o1000 == 0 {
            return "everybody may exchange files in \(folder) (mode \(permissions.octal))"
        }
        // A group of the owner's own, as many systems give to each user, is nobody else; nor is root's.
        if permissions.mode & 0o020 != 0, permissions.mode & 0o1000 == 0, permissions.group != 0,
            permissions.group != permissions.owner
        {
            return "a group may exchange files in \(folder) (mode \(permissions.octal))"
        }
        return owners.contains(permissions.owner) ? nil : "\(folder) belongs to user \(permissions.owner)"
    }

    private static func resolved(_ path: String) -> String {
        guard let pointer = realpath(path, nil) else { return path }
        defer { free(pointer) }
        return String(cString: pointer)
    }
}
