/// An address to listen on, `HOST:PORT`, and who can reach it.
struct AddressReach: Sendable, Hashable {
    /// The host, without brackets.
    let host: String

    init(_ text: String) {
        let end = text.lastIndex(of: ":") ?? text.endIndex
        var host = text[..<end]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        self.host = host.lowercased()
    }

    /// Only this machine reaches it.
    var isLoopback: Bool { Self.isLoopback(host: host) }

    /// Every network of the machine reaches it.
    var isWide: Bool {
        host.isEmpty || host == "*" || host == "0.0.0.0" || host == "::" || host == "0" || host == "::0"
            || host == "0:0:0:0:0:0:0:0"
    }

    /// An address that the internet does not route (RFC 1918, RFC 6598, RFC 4193, link-local).
    var isPrivate: Bool {
        if isWide { return false }
        if host.hasPrefix("fc") || host.hasPrefix("fd") || host.hasPrefix("fe80:") { return host.contains(":") }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).compactMap { UInt8($0) }
        guard parts.count == 4 else { return false }
        return switch (parts[0], parts[1]) {
        case (10, _), (192, 168), (169, 254), (172, 16...31), (100, 64...127): true
        default: isLoopback
        }
    }

    /// Whether a host is this machine: `localhost`, 127.0.0.0/8, ::1.
    static func isLoopback(host: String) -> Bool {
        let host = host.lowercased()
        if host == "localhost" || host == "::1" || host == "0:0:0:0:0:0:0:1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Whether the host of an `http://` address is this machine.
    static func isLoopback(url: String) -> Bool {
        guard let start = url.range(of: "://") else { return false }
        let authority = url[start.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        // What stands before @ is a user's name, and could look like a host.
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? authority
        if host.hasPrefix("[") { return isLoopback(host: String(host.dropFirst().prefix { $0 != "]" })) }
        return isLoopback(host: String(host.prefix { $0 != ":" }))
    }
}

extension String {
    /// The first place of another text in this one; the standard library has it for characters only.
    fileprivate func range(of other: String) -> Range<String.Index>? {
        guard let first = other.first else { return nil }
        var start = startIndex
        while let index = self[start...].firstIndex(of: first) {
            if self[index...].hasPrefix(other) { return index..<self.index(index, offsetBy: other.count) }
            start = self.index(after: index)
        }
        return nil
    }
}
