/// Where a service answers: a URL without user, query and fragment, by https unless it is this machine.
struct ServiceAddress: Sendable, Hashable {
    /// The URL without a slash at its end.
    let url: String

    /// Checks an address.
    ///
    /// - Parameter text: An `https://` URL, or an `http://` one of this machine.
    /// - Throws: ``ModelServiceError``.
    init(_ text: String) throws {
        func refused(_ reason: String) -> ModelServiceError { ModelServiceError(.baseURL, reason) }
        let lowered = text.lowercased()
        let isSecure = lowered.hasPrefix("https://")
        guard isSecure || lowered.hasPrefix("http://") else {
            throw refused("the address must start with https://")
        }
        guard text.utf8.count <= 2048, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") })
        else { throw refused("the address holds characters that no URL has") }
        guard !text.contains("?"), !text.contains("#") else {
            throw refused("the address must have neither a query nor a fragment")
        }
        let authority = text.dropFirst(isSecure ? 8 : 7).prefix { $0 != "/" }
        guard !authority.contains("@") else {
            throw refused("the address must not hold a user or a password")
        }
        guard let host = Self.host(of: authority) else { throw refused("the address names no host") }
        guard isSecure || Self.isLoopback(host) else {
            throw refused("plain http is for this machine only: the key and every question could be read on the way")
        }
        var url = Substring(text)
        while url.hasSuffix("/") { url.removeLast() }
        self.url = String(url)
    }

    private init(url: String) { self.url = url }

    /// The address with a version at its end, when it has none.
    func with(version: String, unless versions: [String]) -> ServiceAddress {
        versions.contains { url.hasSuffix("/" + $0) } ? self : ServiceAddress(url: url + "/" + version)
    }

    /// The URL of a resource below.
    ///
    /// - Parameters:
    ///   - path: What follows the address, without a slash at its begin; already encoded.
    ///   - query: Names and values, which are encoded here.
    func url(_ path: String, query: [(String, String)] = []) -> String {
        var result = url + "/" + path
        for (number, (name, value)) in query.enumerated() {
            result += (number == 0 ? "?" : "&") + name + "=" + Self.encoded(value)
        }
        return result
    }

    /// A text as one segment of a path or a value of a query (RFC 3986, section 2.3: unreserved characters stay).
    static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"),
                UInt8(ascii: "."):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The host of `host`, `host:port` or `[address]:port`, in lower case and without brackets.
    private static func host(of authority: Substring) -> String? {
        var host = authority
        let rest: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            rest = authority[authority.index(after: end)...]
        } else {
            let end = authority.firstIndex(of: ":") ?? authority.endIndex
            host = authority[..<end]
            rest = authority[end...]
        }
        guard !host.isEmpty, rest.isEmpty || (rest.first == ":" && UInt16(rest.dropFirst()) != nil) else { return nil }
        return host.lowercased()
    }

    /// `localhost`, 127.0.0.0/8, ::1.
    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { UInt8($0) != nil && $0.utf8.allSatisfy { $0 &- 0x30 < 10 } }
    }
}
