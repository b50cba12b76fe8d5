#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif
#if canImport(Darwin)
import Darwin
#endif

/// Where the files of the page are looked for.
///
/// Beside the program, where SwiftPM puts a target's resources, or where a package of a distribution puts them. SwiftPM's own
/// `Bundle.module` is not asked: it ends the process where the folder is missing, and an agent without a page still serves
/// everything else.
enum PageFolder {
    /// The folders in the order in which they are tried, as absolute paths.
    static func places() -> [String] { executable().map(places(besides:)) ?? [] }

    /// The folders for a program at a path, whose links are resolved.
    static func places(besides executable: String) -> [String] {
        let folder = parent(of: executable)
        return [
            folder + "/postgres-agent_AgentServer.resources/web",
            // macOS names it otherwise.
            folder + "/postgres-agent_AgentServer.bundle/web",
            parent(of: folder) + "/share/postgres-agent/web",
        ]
    }

    private static func parent(of path: String) -> String {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        return String(path[..<end])
    }

    /// The running program itself, wherever links to it lie.
    private static func executable() -> String? {
        #if canImport(Darwin)
        var length: UInt32 = 0
        _ = _NSGetExecutablePath(nil, &length)
        var path = [CChar](repeating: 0, count: Int(length) + 1)
        guard _NSGetExecutablePath(&path, &length) == 0 else { return nil }
        let name = String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return URL(filePath: name).resolvingSymlinksInPath().path
        #else
        return try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        #endif
    }
}
