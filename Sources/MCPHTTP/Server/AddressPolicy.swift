import MCPProtocol
import Synchronization

/// Which `Host` and `Origin` a request may name (item 16). A page on the web can make a browser send requests to a server
/// on this machine; these two headers give it away, because scripts cannot set them.
package struct AddressPolicy: Sendable {
    /// A host and its port, as in `Host` and after the `://` of an origin.
    package struct Authority: Hashable, Sendable {
        package let host: String
        package let port: Int?

        /// Reads `host`, `host:port` or `[address]:port`; `nil` for anything else.
        package init?(_ text: some StringProtocol) {
            let text = text.lowercased()
            var rest = Substring(text)
            // By bytes, since this is looked at for every request: no byte of another character is one of these.
            if text.utf8.first == UInt8(ascii: "[") {
                guard let end = text.utf8.firstIndex(of: UInt8(ascii: "]")) else { return nil }
                host = String(text[...end])
                rest = text[text.utf8.index(after: end)...]
            } else {
                let end = text.utf8.firstIndex(of: UInt8(ascii: ":")) ?? text.endIndex
                host = String(text[..<end])
                rest = text[end...]
            }
            guard !host.isEmpty, !host.utf8.contains(where: { $0 <= 0x20 || $0 == UInt8(ascii: "/") || $0 == 0x40 })
            else { return nil }
            if rest.isEmpty {
                port = nil
            } else {
                let digits = rest.dropFirst()
                guard rest.utf8.first == UInt8(ascii: ":"), digits.utf8.allSatisfy({ $0 &- 0x30 < 10 }),
                    let number = UInt16(digits)
                else { return nil }
                port = Int(number)
            }
        }

        /// The machine itself: `localhost` and below it, 127.0.0.0/8, ::1.
        package var isLoopback: Bool {
            if host == "localhost" || host == "127.0.0.1" || host.hasSuffix(".localhost") || host == "[::1]" {
                return true
            }
            let parts = host.split(separator: ".", omittingEmptySubsequences: false)
            return parts.count == 4 && parts[0] == "127"
                && parts.allSatisfy { UInt8($0) != nil && $0.utf8.allSatisfy { $0 &- 0x30 < 10 } }
        }
    }

    /// The host that was allowed last: nearly all requests name the same one.
    private final class LastAllowed: Sendable {
        let host = Mutex("")
    }

    private let hosts: [Authority]
    private let origins: Set<String>
    private let last = LastAllowed()

    /// - Parameters:
    ///   - hosts: names with or without a port; without, any port is meant.
    ///   - origins: as browsers write them, `https://app.example.com`.
    package init(hosts: [String], origins: [String]) {
        self.hosts = hosts.compactMap { Authority($0) }
        self.origins = Set(origins.map { $0.lowercased() })
    }

    /// Whether a request may name this host.
    package func allows(host: String) -> Bool {
        guard !host.isEmpty else { return false }
        if last.host.withLock({ $0 == host }) { return true }
        guard let asked = Authority(HeaderValue.trim(host)) else { return false }
        let isAllowed =
            asked.isLoopback
            || hosts.contains { $0.host == asked.host && ($0.port == nil || $0.port == asked.port) }
        if isAllowed { last.host.withLock { $0 = host } }
        return isAllowed
    }

    /// Whether a page of this origin may send requests. `null`, which sandboxed pages send, must be listed to be allowed.
    package func allows(origin: String) -> Bool {
        let origin = HeaderValue.trim(origin).lowercased()
        if origins.contains(origin) { return true }
        for scheme in ["http://", "https://"] where origin.hasPrefix(scheme) {
            return Authority(origin.dropFirst(scheme.count))?.isLoopback ?? false
        }
        return false
    }
}
