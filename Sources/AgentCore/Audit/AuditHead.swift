internal import AuthTokens
internal import MCPProtocol

/// What is known of the end of an audit log, kept apart from it: how many lines there are, the digest of the last, and how
/// long its file is. Lines that are cut off the end are missed by it.
struct AuditHead: Sendable, Equatable {
    /// The number of the last line.
    var lines: Int
    /// The digest of the last line, in hexadecimal digits.
    var digest: [UInt8]
    /// The bytes of the current file up to the end of the last line.
    var bytes: Int

    /// What a file of a head may hold at most, in bytes.
    private static let longest = 4096
    private static let sealKey = Array(",\"mac\":\"".utf8)
    private static let end = Array("\"}\n".utf8)

    /// The file of the head of a log.
    ///
    /// - Parameters:
    ///   - file: The log's own file, an absolute path.
    ///   - folder: The state folder; nil: beside the log, where whoever cuts the log may as well change the head.
    static func path(ofLog file: String, in folder: String?) -> String {
        guard let folder else { return file + ".head" }
        let name = file.split(separator: "/").last.map(String.init) ?? "audit"
        // Several instances may share the folder, each with a log of its own.
        let id = Digest.hexadecimal(Digest.sha256(file.utf8)).prefix(12)
        return (folder.hasSuffix("/") ? folder : folder + "/") + "\(name)-\(id).head"
    }

    /// The contents of the file.
    func contents(_ seal: AuditSeal) -> [UInt8] {
        var bytes = Array("{\"head\":1,\"lines\":\(lines),\"bytes\":\(self.bytes),\"digest\":\"".utf8)
        bytes.append(contentsOf: digest)
        bytes.append(UInt8(ascii: "\""))
        let mac = seal.seal(Digest.sha256(bytes), .head)
        return bytes + Self.sealKey + mac + Self.end
    }

    /// What reading a head gave.
    enum Reading: Equatable {
        case missing
        /// It cannot be read, or is not what was written there.
        case damaged(String)
        case found(AuditHead, AuditSeal.Finding)
    }

    /// Reads the head from its file.
    static func read(_ path: String, _ seal: AuditSeal) -> Reading {
        let contents: [UInt8]
        do {
            contents = try BoundedFile.read(path, maximumBytes: longest).contents
        } catch {
            return error.isMissing ? .missing : .damaged(error.description)
        }
        guard contents.suffix(end.count).elementsEqual(end),
            let quote = contents.dropLast(end.count).lastIndex(of: UInt8(ascii: "\"")), quote + 1 >= sealKey.count
        else { return .damaged("\(path): not a whole head") }
        let sealed = contents[..<(quote + 1 - sealKey.count)]
        guard contents[sealed.endIndex...quote].elementsEqual(sealKey),
            case .object(let object)? = try? JSONValue.parse(Array(contents)),
            case .integer(let lines)? = object["lines"], case .integer(let bytes)? = object["bytes"],
            case .string(let digest)? = object["digest"], digest.utf8.count == 64, lines >= 0, bytes >= 0
        else { return .damaged("\(path): not a whole head") }
        let head = AuditHead(lines: Int(lines), digest: Array(digest.utf8), bytes: Int(bytes))
        let finding = seal.check(contents[(quote + 1)..<(contents.count - end.count)], on: Digest.sha256(sealed), .head)
        return .found(head, finding)
    }
}
