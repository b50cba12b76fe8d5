import NIOCore
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The files of the page, read as a whole when one of them is first asked for.
///
/// A request is looked up among the names that were found, never joined to a path.
final class PageFiles: Sendable {
    /// One file.
    struct File: Sendable {
        let bytes: ByteBuffer
        let type: String
        /// Its entity tag.
        let tag: String
    }

    /// The page itself.
    static let index = "index.html"

    /// The media types, by the end of a name. Nothing else is served.
    private static let types = [
        "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8",
        "svg": "image/svg+xml",
    ]
    /// Far above what the page needs: a folder with something else in it is not read into memory.
    private static let maximumBytes = 1 << 20

    /// Where the folder is looked for, best first.
    let places: [String]
    private let files = Mutex<[String: File]>([:])

    init(places: [String]) { self.places = places }

    /// The file of a name, or `nil`. Until the page is found each request looks for it again.
    func file(_ name: String) -> File? {
        files.withLock { files in
            if files.isEmpty { files = places.lazy.map(Self.read).first { $0[Self.index] != nil } ?? [:] }
            return files[name]
        }
    }

    /// Whether the page was found.
    var isPresent: Bool { file(Self.index) != nil }

    private static func read(_ folder: String) -> [String: File] {
        var files: [String: File] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            guard let dot = name.lastIndex(of: "."), let type = types[String(name[name.index(after: dot)...])],
                let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)"), bytes.count <= maximumBytes
            else { continue }
            files[name] = File(bytes: ByteBuffer(bytes: bytes), type: type, tag: EntityTag.of([UInt8](bytes)))
        }
        return files
    }
}
