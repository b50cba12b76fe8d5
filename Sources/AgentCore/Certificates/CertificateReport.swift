public import AuthTokens

/// What a file of certificates holds, and what is wrong with it.
public struct CertificateReport: Sendable, Hashable {
    /// One certificate, for people. Every text is from the file: escaped, and cut when it is very long.
    public struct Entry: Sendable, Hashable {
        /// Whom it is about, as RFC 4514 writes a name.
        public let subject: String
        /// Who signed it.
        public let issuer: String
        /// The host names and addresses that it is for.
        public let names: [String]
        /// From when on it holds.
        public let notBefore: Timestamp
        /// Until when it holds.
        public let notAfter: Timestamp
        /// The kind and the size of its key, such as `RSA 2048` or `ECDSA P-256`.
        public let key: String
        /// How it was signed.
        public let signature: String
        /// Whether it is signed with its own key.
        public let isSelfSigned: Bool
        /// Whether it may sign others.
        public let isAuthority: Bool
        /// The SHA-256 of the certificate, in hexadecimal.
        public let fingerprint: String

        /// Whole days until it ends, rounded down; negative once it has.
        public func daysLeft(at now: Timestamp) -> Int {
            Int((Double(notAfter.seconds - now.seconds) / 86400).rounded(.down))
        }
    }

    /// The file of the certificate, as it was named.
    public let file: String
    /// The server's own certificate first, then those that were found after it and in the chain's file.
    public let certificates: [Entry]
    /// Whether the private key belongs to the first certificate; `nil` when none was given.
    public let keyMatches: Bool?
    /// What is wrong, in the order in which it was looked for.
    public let problems: [CertificateProblem]

    /// Whether nothing was found that has to be mended.
    public var isFine: Bool { !problems.contains { $0.severity == .fault } }
}

/// One thing that is wrong with a certificate, its key or its chain.
public struct CertificateProblem: Sendable, Hashable {
    /// How much it matters.
    public enum Severity: String, Sendable, Hashable, CaseIterable {
        /// Clients will refuse it, or it does not protect.
        case fault
        /// It will have to be seen to.
        case warning
    }

    /// What was found: a stable word for programs. New words can appear, so a `switch` wants a default.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case unreadable
        case expired
        case notYetValid = "not_yet_valid"
        case expiresSoon = "expires_soon"
        case keyMismatch = "key_mismatch"
        case keyUnreadable = "key_unreadable"
        case keyExposed = "key_exposed"
        case weakKey = "weak_key"
        case weakSignature = "weak_signature"
        case noNames = "no_names"
        case nameMissing = "name_missing"
        case chainOrder = "chain_order"
        case selfSigned = "self_signed"
        case notForServers = "not_for_servers"
        case authority
        case longLived = "long_lived"
    }

    /// What was found.
    public let code: Code
    /// How much it matters.
    public let severity: Severity
    /// What is wrong, for a person; control characters are escaped.
    public let text: String
    /// How to mend it.
    public let remedy: String

    init(_ code: Code, _ severity: Severity, _ text: String, remedy: String) {
        self.code = code
        self.severity = severity
        self.text = PlainText.escaped(text)
        self.remedy = PlainText.escaped(remedy)
    }
}
