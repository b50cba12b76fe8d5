/// A checked value of one key.
enum ConfigurationValue: Sendable, Equatable {
    /// The key is absent or empty.
    case none
    case boolean(Bool)
    case integer(Int)
    case size(Int)
    case duration(Duration)
    case text(String)
    case list([String])
    case map([String: String])
    case hosts([HostAddress])
    case secret(Secret)
    case url(ConnectionURL)
}

extension ConfigurationValue {
    /// The value as YAML, on one line, with secrets hidden.
    var yaml: String {
        switch self {
        case .none: ""
        case .boolean(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .size(let bytes): ByteSize.format(bytes)
        case .duration(let value): TimeSpan.format(value)
        case .text(let value): Self.scalar(value)
        case .list(let values): "[" + values.map { Self.scalar($0, inFlow: true) }.joined(separator: ", ") + "]"
        case .map(let values):
            "{"
                + values.sorted { $0.key < $1.key }.map { entry in
                    "\(Self.scalar(entry.key, inFlow: true)): \(Self.scalar(entry.value, inFlow: true))"
                }
                .joined(separator: ", ") + "}"
        case .hosts(let hosts):
            "["
                + hosts.map { address in
                    let port = address.port.map { ", port: \($0)" } ?? ""
                    return "{host: \(Self.scalar(address.host, inFlow: true))\(port)}"
                }
                .joined(separator: ", ") + "]"
        case .secret(let secret): Self.secret(secret)
        case .url(let url): Self.scalar(url.description)
        }
    }

    private static func secret(_ secret: Secret) -> String {
        switch secret {
        // A command may hold a secret in its arguments, and is told apart by its first word.
        case .literal, .sealed, .command: "\"********\""
        case .file(let path): scalar(path)
        }
    }

    /// A text as a YAML scalar: plain where it cannot be taken for something else, else quoted and escaped.
    static func scalar(_ text: String, inFlow: Bool = false) -> String {
        let plain =
            !text.isEmpty && text.utf8.count <= 4096
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "/"), UInt8(ascii: "."),
                    UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "@"):
                    true
                case UInt8(ascii: ":"): !inFlow
                default: false
                }
            }
        let reserved = ["true", "false", "null", "yes", "no", "on", "off"]
        let first = text.utf8.first ?? 0
        let ends = [UInt8(ascii: "-"), UInt8(ascii: "@"), UInt8(ascii: ":"), UInt8(ascii: ".")]
        if plain, !ends.contains(first), text.utf8.last != UInt8(ascii: ":"), !reserved.contains(text.lowercased()) {
            return text
        }
        return PlainText.quoted(text)
    }
}
