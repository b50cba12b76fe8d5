/// The addresses of the agent's resources.
///
/// Each segment is percent-decoded once, strictly (RFC 3986, section 2.1), after the text was cut at the slashes; so a
/// table named `a/b` is `a%2Fb`, and no encoding makes one segment two. Segments `.` and `..`, encoded or not, are refused:
/// a client that normalizes the path would ask for something else than what it shows.
enum ResourceURI: Sendable, Hashable {
    /// `pg://databases`.
    case databases
    /// `pg://system_info` of the first database, or `pg://{database}/system_info`.
    case systemInfo(database: String?)
    /// `pg://{database}/schema`.
    case schema(database: String)
    /// `pg://{database}/{schema}/{table}`.
    case table(database: String, schema: String, table: String)

    /// The template of ``systemInfo(database:)``.
    static let systemInfoTemplate = "pg://{database}/system_info"
    /// The template of ``schema(database:)``.
    static let schemaTemplate = "pg://{database}/schema"
    /// The template of ``table(database:schema:table:)``.
    static let tableTemplate = "pg://{database}/{schema}/{table}"

    /// The longest address that is read: three names of 63 bytes, each byte escaped, are under 600.
    static let longest = 4096

    /// Reads an address; nil when it is none of the agent's.
    init?(_ text: String) {
        guard text.utf8.count <= Self.longest else { return nil }
        let scheme = "pg://"
        guard text.utf8.prefix(scheme.utf8.count).map(Self.lowercased) == Array(scheme.utf8) else { return nil }
        var path = Array(text.utf8.dropFirst(scheme.utf8.count))
        // Some clients end an address that has only an authority with a slash.
        if path.last == 0x2F && path.firstIndex(of: 0x2F) == path.count - 1 { path.removeLast() }
        // A query or a fragment is part of no address here; in a name they are escaped.
        guard !path.contains(0x3F), !path.contains(0x23) else { return nil }
        var segments: [String] = []
        for part in path.split(separator: 0x2F, omittingEmptySubsequences: false) {
            guard let segment = Self.decoded(part) else { return nil }
            segments.append(segment)
        }
        switch segments.count {
        case 1 where segments[0] == "databases": self = .databases
        case 1 where segments[0] == "system_info": self = .systemInfo(database: nil)
        case 2 where segments[1] == "system_info": self = .systemInfo(database: segments[0])
        case 2 where segments[1] == "schema": self = .schema(database: segments[0])
        case 3: self = .table(database: segments[0], schema: segments[1], table: segments[2])
        default: return nil
        }
    }

    /// The address as text, with every byte outside RFC 3986's unreserved ones escaped.
    var text: String {
        switch self {
        case .databases: "pg://databases"
        case .systemInfo(nil): "pg://system_info"
        case .systemInfo(let database?): "pg://\(Self.encoded(database))/system_info"
        case .schema(let database): "pg://\(Self.encoded(database))/schema"
        case .table(let database, let schema, let table):
            "pg://\(Self.encoded(database))/\(Self.encoded(schema))/\(Self.encoded(table))"
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }

    /// One segment decoded; nil when it is empty, holds a bad escape, is not UTF-8, holds a control character, or is a dot segment.
    private static func decoded(_ part: ArraySlice<UInt8>) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(part.count)
        var index = part.startIndex
        while index < part.endIndex {
            let byte = part[index]
            index += 1
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard index + 1 < part.endIndex, let high = hexadecimal(part[index]),
                let low = hexadecimal(part[index + 1])
            else { return nil }
            bytes.append(high << 4 | low)
            index += 2
        }
        guard !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        return text.isEmpty || text == "." || text == ".." ? nil : text
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    private static func encoded(_ name: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in name.utf8 {
            switch byte {
            case 0x41...0x5A, 0x61...0x7A, 0x30...0x39, 0x2D, 0x2E, 0x5F, 0x7E:
                bytes.append(byte)
            default:
                bytes += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
