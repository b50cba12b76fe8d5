#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Paths as text.
enum FilePath {
    /// The working directory of the process; `/` when it is gone.
    static var workingDirectory: String {
        guard let pointer = getcwd(nil, 0) else { return "/" }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    /// A path that does not depend on the working directory.
    ///
    /// - Parameters:
    ///   - path: Absolute, or relative to `folder`.
    ///   - folder: An absolute path.
    static func absolute(_ path: String, in folder: String) -> String {
        if path.hasPrefix("/") { return path }
        var rest = Substring(path)
        while rest.hasPrefix("./") { rest = rest.dropFirst(2).drop { $0 == "/" } }
        return (folder.hasSuffix("/") ? folder : folder + "/") + rest
    }

    /// The folder that an absolute path stands in.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}
