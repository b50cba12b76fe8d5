import AgentCore
import HTTPTypes

/// Whom a request is from when it came through proxies (`http.client_ip`).
///
/// A header is believed only from a proxy that is listed by its address, and of the header only what such proxies wrote:
/// read from its right end, the first address that is not one of them is the caller's. Everything left of it the caller
/// may have made up.
struct ProxyPolicy: Sendable {
    /// What is known of the caller.
    struct Caller: Sendable, Hashable {
        /// Its address; empty where there is no connection.
        var address: String
        /// Whether its own connection is encrypted.
        var isSecure: Bool
        /// Whether the connection is a trusted proxy's.
        var isProxied: Bool
    }

    private let header: HTTPField.Name?
    private let trusted: [IPNetwork]
    private let terminatedByProxy: Bool

    /// At most so many addresses of a header are looked at: a longer chain of proxies does not exist.
    private static let longestChain = 32

    /// Entries that are no address or range are left out; ``HTTPRules`` reports them.
    init(_ configuration: HTTPConfiguration) {
        header = configuration.clientIP.header.flatMap { HTTPField.Name($0) }
        trusted = configuration.clientIP.trustedProxies.compactMap { IPNetwork($0) }
        terminatedByProxy = configuration.tls.terminatedByProxy
    }

    /// Whether an address is one of the proxies.
    func trusts(_ address: String) -> Bool {
        guard !trusted.isEmpty, let address = IPAddress(address) else { return false }
        return trusts(address)
    }

    private func trusts(_ address: IPAddress) -> Bool { trusted.contains { $0.contains(address) } }

    /// Who sends a request.
    ///
    /// - Parameters:
    ///   - fields: The fields of the request.
    ///   - peer: The address of the connection.
    ///   - isEncrypted: Whether the connection itself is encrypted.
    func caller(_ fields: HTTPFields, peer: String, isEncrypted: Bool) -> Caller {
        // An IPv4 address as the system writes it is the one that is meant.
        if trusted.isEmpty, peer.utf8.contains(UInt8(ascii: ".")), !peer.utf8.contains(UInt8(ascii: ":")) {
            return Caller(address: peer, isSecure: isEncrypted || terminatedByProxy, isProxied: false)
        }
        guard let connected = IPAddress(peer) else {
            return Caller(address: peer, isSecure: isEncrypted || terminatedByProxy, isProxied: false)
        }
        guard trusts(connected) else {
            // With nobody listed, whoever connects is the proxy that the configuration speaks of.
            let isSecure = isEncrypted || (terminatedByProxy && trusted.isEmpty)
            return Caller(address: connected.description, isSecure: isSecure, isProxied: false)
        }
        var isSecure = isEncrypted || terminatedByProxy
        if let scheme = fields[values: .xForwardedProto].last {
            let last = scheme.split(separator: ",").last.map(Self.trimmed) ?? ""
            isSecure = last.lowercased() == "https"
        }
        var caller = connected
        if let header {
            let chain = fields[values: header].flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
            for text in chain.reversed().prefix(Self.longestChain) {
                // Of a proxy that writes something else the proxy itself is all that is known.
                guard let address = Self.address(text) else { break }
                caller = address
                guard trusts(address) else { break }
            }
        }
        return Caller(address: caller.description, isSecure: isSecure, isProxied: true)
    }

    /// An address as proxies write it: alone, with a port, or in brackets.
    private static func address(_ text: Substring) -> IPAddress? {
        let text = trimmed(text)
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            return IPAddress(text[text.index(after: text.startIndex)..<end])
        }
        if text.contains("."), let colon = text.lastIndex(of: ":"), !text[..<colon].contains(":") {
            return IPAddress(text[..<colon])
        }
        return IPAddress(text)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}

extension HTTPField.Name {
    /// Names a request across programs, in both directions.
    static let xRequestID: HTTPField.Name = name("X-Request-Id")
    /// The scheme of the caller's own connection, from a proxy.
    static let xForwardedProto: HTTPField.Name = name("X-Forwarded-Proto")

    /// What HTTP/1 names the authority in.
    static let hostField: HTTPField.Name = name("Host")

    /// A name that is known to be one.
    static func name(_ text: String) -> HTTPField.Name {
        // Every caller passes a literal of letters and hyphens.
        HTTPField.Name(text) ?? .accept
    }
}
