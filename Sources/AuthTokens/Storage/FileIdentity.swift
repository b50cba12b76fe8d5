#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What changes when a file is replaced, written, or when its symbolic link is pointed elsewhere.
///
/// Names are not watched, since the ways to exchange a file are many (rename over it, a link swapped as Kubernetes does, an
/// editor that writes in place); the file that a name leads to now is compared with the one that was read.
package struct FileIdentity: Sendable, Hashable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let modified: [Int]

    /// The file that `path` leads to; `nil` when there is none or it cannot be examined.
    package init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(truncatingIfNeeded: status.st_ino)
        size = Int64(status.st_size)
        #if canImport(Darwin)
        let (written, changed) = (status.st_mtimespec, status.st_ctimespec)
        #else
        let (written, changed) = (status.st_mtim, status.st_ctim)
        #endif
        modified = [written.tv_sec, written.tv_nsec, changed.tv_sec, changed.tv_nsec]
    }
}

/// Names of files.
enum FileName {
    /// The file that symbolic links lead to; `path` itself when it does not exist.
    static func resolved(_ path: String) -> String {
        guard let pointer = realpath(path, nil) else { return path }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    /// The folder that a path stands in.
    static func folder(of path: String) -> String {
        switch path.lastIndex(of: "/") {
        case nil: "."
        case path.startIndex?: "/"
        case let slash?: String(path[..<slash])
        }
    }

    /// Removes what writers that were killed left beside `path`. The caller holds its lock, so that nobody writes one now.
    static func removeLeftovers(of path: String) {
        let folder = folder(of: path)
        guard let stream = opendir(folder) else { return }
        defer { closedir(stream) }
        let base = (path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path) + "."
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasPrefix(base), name.hasSuffix(".tmp") else { continue }
            // <name>.<process>.<number>.tmp
            let middle = name.dropFirst(base.count).dropLast(4).split(separator: ".")
            if middle.count == 2, middle.allSatisfy({ UInt64($0) != nil }) { unlink(folder + "/" + name) }
        }
    }
}
