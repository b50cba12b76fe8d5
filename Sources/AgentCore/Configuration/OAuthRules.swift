/// What an address of an OAuth issuer must be like, before anything is fetched from it.
package enum IssuerAddress {
    /// Whether keys may be fetched from an address: over TLS, or from this machine itself.
    ///
    /// - Parameter url: An address, from the configuration or from an issuer's metadata.
    package static func isAllowed(_ url: String) -> Bool {
        guard url.utf8.count <= 2048, url.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") })
        else { return false }
        if let authority = authority(of: url, scheme: "https://") { return isHost(authority) }
        guard let authority = authority(of: url, scheme: "http://") else { return false }
        return isHost(authority) && isLoopback(authority)
    }

    /// What is between the scheme and the path; nil for another scheme.
    package static func authority(of url: String, scheme: String) -> Substring? {
        guard url.hasPrefix(scheme) else { return nil }
        return url.dropFirst(scheme.count).prefix { !"/?#\\".contains($0) }
    }

    /// Letters, digits, dots and what a port or an IPv6 address needs; nobody's name and password.
    package static func isHost(_ authority: Substring) -> Bool {
        (1...255).contains(authority.utf8.count)
            && authority.utf8.allSatisfy {
                (0x30...0x3A).contains($0) || (0x61...0x7A).contains($0 | 0x20) || "-._[]".utf8.contains($0)
            }
    }

    private static func isLoopback(_ authority: Substring) -> Bool {
        if authority == "[::1]" || authority.hasPrefix("[::1]:") { return true }
        let host = authority.prefix { $0 != ":" }.lowercased()
        if host == "localhost" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

extension HTTPConfiguration.OAuthConfiguration {
    /// What is wrong with the section, by key.
    var issues: [(key: String, message: String, suggestion: String?)] {
        guard let issuer else {
            let isSomething = audience != nil || jwksURL != nil || !scopes.isEmpty
            return isSomething ? [("issuer", "OAuth needs the address of the issuer", nil)] : []
        }
        var issues: [(key: String, message: String, suggestion: String?)] = []
        if !IssuerAddress.isAllowed(issuer) || issuer.contains("?") || issuer.contains("#") {
            issues.append(
                (
                    "issuer", "the issuer must be an https:// address without query and fragment",
                    "plain http:// is for an issuer on this machine"
                ))
        }
        if let jwksURL, !IssuerAddress.isAllowed(jwksURL) {
            issues.append(
                (
                    "jwks_url", "signing keys are fetched over https:// only",
                    "plain http:// is for an issuer on this machine"
                ))
        }
        if audience?.isEmpty ?? true {
            issues.append(
                (
                    "audience",
                    "without an audience every token of the issuer would be accepted here, also those for others",
                    "name the address of this server, such as https://agent.example.com/mcp"
                ))
        }
        for (ours, name) in scopes.sorted(by: { $0.key < $1.key }) where !Self.isScope(name) {
            issues.append(
                ("scopes", "the issuer's name for \(ours) must be a scope: visible characters without a blank", nil))
        }
        return issues
    }

    /// RFC 6749, section 3.3.
    private static func isScope(_ text: String) -> Bool {
        (1...256).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            }
    }
}
