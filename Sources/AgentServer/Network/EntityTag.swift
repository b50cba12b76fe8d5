import AgentCore
import AuthTokens

/// `ETag` and `If-None-Match` (RFC 9110, sections 8.8.3 and 13.1.2).
enum EntityTag {
    /// A strong tag of some bytes.
    static func of(_ bytes: [UInt8]) -> String { "\"\(Digest.hexadecimal(Digest.sha256(bytes)).prefix(32))\"" }

    /// Whether the fields `If-None-Match` of a request name a tag; weakly, as for a GET.
    static func isNamed(_ tag: String, by fields: [String]) -> Bool {
        fields.contains { field in
            field.split(separator: ",").contains { part in
                var name = part.drop { $0 == " " || $0 == "\t" }
                while name.last == " " || name.last == "\t" { name.removeLast() }
                if name.hasPrefix("W/") { name.removeFirst(2) }
                return name == "*" || name == tag
            }
        }
    }
}
