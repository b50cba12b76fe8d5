/// Where a listener stands: `HOST:PORT`, with a name, an IPv4 address, or an IPv6 address in brackets.
package struct ListenAddress: Sendable, Hashable {
    /// Without brackets.
    package let host: String
    /// 0 asks the system for a free one.
    package let port: Int

    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        let host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        let bare = isBracketed ? host.dropFirst().dropLast() : host
        guard !bare.isEmpty, isBracketed || !bare.contains(":") else { return nil }
        self.host = String(bare)
        self.port = Int(port)
    }

    /// Whether the host is a name and no address.
    package var isName: Bool { IPAddress(host) == nil }

    /// Whether only this machine can connect. Of a name only `localhost` is known to stay here.
    package var isLoopback: Bool { IPAddress(host)?.isLoopback ?? (host.lowercased() == "localhost") }
}

extension ListenAddress: CustomStringConvertible {
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
