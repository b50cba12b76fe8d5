internal import AuthTokens
internal import X509

/// What a certificate has to be like to hold now.
struct ValidityRules {
    let now: Timestamp
    let warnDays: Int

    func problems(of certificate: ParsedCertificate) -> [CertificateProblem] {
        let entry = certificate.entry
        var problems: [CertificateProblem] = []
        if entry.notAfter <= now {
            problems.append(
                CertificateProblem(
                    .expired, .fault, "\(entry.subject) expired at \(entry.notAfter)",
                    remedy: "renew it; a running agentd takes the new files over"))
        } else if entry.daysLeft(at: now) < warnDays {
            problems.append(
                CertificateProblem(
                    .expiresSoon, .warning,
                    "\(entry.subject) expires in \(entry.daysLeft(at: now)) days, at \(entry.notAfter)",
                    remedy: "renew it; a running agentd takes the new files over"))
        }
        if entry.notBefore > now {
            problems.append(
                CertificateProblem(
                    .notYetValid, .fault, "\(entry.subject) holds only from \(entry.notBefore) on",
                    remedy: "check the clock of this machine, or wait"))
        }
        // BoringSSL refuses shorter keys when it reads them; what is left of RSA is long enough.
        if certificate.certificate.signatureAlgorithm == .sha1WithRSAEncryption, !entry.isSelfSigned {
            problems.append(
                CertificateProblem(
                    .weakSignature, .fault, "\(entry.subject) is signed with SHA-1, which can be forged",
                    remedy: "have it issued again with SHA-256"))
        }
        return problems
    }
}

/// What a server's own certificate has to be like, beyond its validity.
enum ServerCertificateRules {
    /// The longest life that browsers accept of a public authority, in days (CA/Browser Forum, ballot SC22).
    private static let longestLife = 398

    static func problems(of leaf: ParsedCertificate, names: [String]) -> [CertificateProblem] {
        let entry = leaf.entry
        var problems: [CertificateProblem] = []
        if entry.names.isEmpty {
            problems.append(
                CertificateProblem(
                    .noNames, .fault, "the certificate names no host (subjectAltName); clients ignore its common name",
                    remedy: "have it issued with the host names that clients use"))
        } else {
            for name in names where !entry.names.contains(where: { HostNamePattern.covers($0, name) }) {
                problems.append(
                    CertificateProblem(
                        .nameMissing, .fault, "the certificate is not for \(name)",
                        remedy: "have it issued with the host names that clients use"))
            }
        }
        if let usage = try? leaf.certificate.extensions.extendedKeyUsage, !usage.contains(.serverAuth),
            !usage.contains(.any)
        {
            problems.append(
                CertificateProblem(
                    .notForServers, .fault, "the certificate is not meant for servers (extendedKeyUsage)",
                    remedy: "have it issued for serverAuth"))
        }
        if entry.isAuthority, !entry.isSelfSigned {
            problems.append(
                CertificateProblem(
                    .authority, .warning, "the first certificate is that of an authority",
                    remedy: "put the server's own certificate first"))
        }
        if (entry.notAfter.seconds - entry.notBefore.seconds) / 86400 > longestLife, !entry.isSelfSigned {
            problems.append(
                CertificateProblem(
                    .longLived, .warning, "the certificate was issued for more than \(longestLife) days",
                    remedy: "issue short-lived certificates, and renew them by a program"))
        }
        return problems
    }
}

/// What the certificates of one server have to be to one another.
enum ChainRules {
    static func problems(of certificates: [ParsedCertificate], isServer: Bool) -> [CertificateProblem] {
        guard isServer, let leaf = certificates.first else { return [] }
        var problems: [CertificateProblem] = []
        if leaf.entry.isSelfSigned {
            problems.append(
                CertificateProblem(
                    .selfSigned, .warning,
                    "the certificate is signed with its own key: no client trusts it unless it was told to",
                    remedy: "have one issued by an authority that the clients trust"))
        }
        for (child, issuer) in zip(certificates, certificates.dropFirst()) where !issuer.signed(child) {
            problems.append(
                CertificateProblem(
                    .chainOrder, .fault,
                    "\(child.entry.subject) was not signed by the next one, \(issuer.entry.subject)",
                    remedy: "the server's certificate comes first, then the one that signed it, and so on"))
        }
        return problems
    }
}

/// Host names and the patterns of certificates (RFC 6125, section 6.4.3).
enum HostNamePattern {
    /// Whether a name of a certificate covers a host: equal without regard to case, or with `*` as its whole first label.
    static func covers(_ pattern: String, _ host: String) -> Bool {
        var pattern = pattern.lowercased()
        var host = host.lowercased()
        if pattern.hasSuffix(".") { pattern.removeLast() }
        if host.hasSuffix(".") { host.removeLast() }
        guard pattern.hasPrefix("*.") else { return pattern == host }
        guard let dot = host.firstIndex(of: "."), dot != host.startIndex else { return false }
        let rest = host[host.index(after: dot)...]
        // `*.com` covers nothing.
        return rest == pattern.dropFirst(2) && rest.contains(".")
    }
}
