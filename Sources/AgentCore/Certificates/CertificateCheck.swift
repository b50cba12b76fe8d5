public import AuthTokens
internal import Crypto
internal import SwiftASN1
internal import X509

/// Examines the certificate of a server: how long it holds, whether its key and its chain belong to it, for which names it is,
/// and how strong it is.
///
/// It looks at the files alone. Whether a client trusts the issuer depends on the client.
public struct CertificateCheck: Sendable {
    /// The certificate, as PEM; further certificates in it are its chain.
    public var certificateFile: String
    /// The private key, as PEM.
    public var keyFile: String?
    /// The certificates between the server's and the root, as PEM.
    public var chainFile: String?
    /// The host names that clients use; each has to be in the certificate.
    public var names: [String]
    /// How many days before its end a certificate is warned of.
    public var warnDays: Int
    /// Whether the certificate is a server's: one of an authority or a client has no host names.
    public var isServer: Bool

    /// The longest file, in bytes.
    static let maximumBytes = 4 << 20

    /// Names the files.
    ///
    /// - Parameters:
    ///   - certificateFile: The certificate.
    ///   - keyFile: Its private key.
    ///   - chainFile: The certificates between it and the root.
    ///   - names: The host names that clients use.
    ///   - warnDays: How many days before its end a certificate is warned of.
    ///   - isServer: Whether the certificate is a server's.
    public init(
        certificateFile: String, keyFile: String? = nil, chainFile: String? = nil, names: [String] = [],
        warnDays: Int = 30, isServer: Bool = true
    ) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.chainFile = chainFile
        self.names = names
        self.warnDays = warnDays
        self.isServer = isServer
    }

    /// Reads the files and examines them. A file that cannot be read is a problem in the report.
    ///
    /// - Parameter now: The present.
    public func report(at now: Timestamp = .now) -> CertificateReport {
        var problems: [CertificateProblem] = []
        var blocks = Self.read(certificateFile, into: &problems)
        // One file may hold everything: a key after the certificate is its key.
        let inlineKey = blocks.first { $0.label.hasSuffix("PRIVATE KEY") }
        if let chainFile { blocks += Self.read(chainFile, into: &problems) }
        let certificates = Self.certificates(blocks, in: certificateFile, into: &problems)
        var keyMatches: Bool?
        if let leaf = certificates.first {
            // A file of authorities alone is what others are checked against, in no order.
            let isServer = isServer && (keyFile != nil || !certificates.allSatisfy(\.entry.isAuthority))
            if isServer { problems += ServerCertificateRules.problems(of: leaf, names: names) }
            problems += certificates.flatMap { ValidityRules(now: now, warnDays: warnDays).problems(of: $0) }
            problems += ChainRules.problems(of: certificates, isServer: isServer)
            keyMatches = matches(leaf, inlineKey: inlineKey, into: &problems)
        }
        return CertificateReport(
            file: PlainText.escaped(certificateFile), certificates: certificates.map(\.entry), keyMatches: keyMatches,
            problems: problems)
    }

    // MARK: - Files

    private static func read(_ path: String, into problems: inout [CertificateProblem]) -> [PEMText.Block] {
        do throws(FileFailure) {
            return PEMText.blocks(try BoundedFile.read(path, maximumBytes: maximumBytes).contents)
        } catch {
            problems.append(
                CertificateProblem(
                    .unreadable, .fault, error.description, remedy: "name a file that this user can read"))
            return []
        }
    }

    private static func certificates(
        _ blocks: [PEMText.Block], in file: String, into problems: inout [CertificateProblem]
    ) -> [ParsedCertificate] {
        var parsed: [ParsedCertificate] = []
        let candidates = blocks.filter { $0.label == "CERTIFICATE" || $0.label == "X509 CERTIFICATE" }
        for (index, block) in candidates.enumerated() {
            do {
                parsed.append(ParsedCertificate(try Certificate(pemEncoded: block.text)))
            } catch CryptoKitError.incorrectParameterSize, CryptoKitError.incorrectKeySize {
                // BoringSSL's front refuses such keys altogether.
                problems.append(
                    CertificateProblem(
                        .weakKey, .fault, "certificate \(index + 1) of \(file) has an RSA key of less than 2048 bits",
                        remedy: "have it issued again for a key of RSA 2048 or ECDSA P-256"))
            } catch {
                problems.append(
                    CertificateProblem(
                        .unreadable, .fault, "certificate \(index + 1) of \(file) cannot be read",
                        remedy:
                            "openssl x509 -in FILE -noout -text says more; convert DER with -inform der -outform pem"))
            }
        }
        if candidates.isEmpty, problems.isEmpty {
            problems.append(
                CertificateProblem(
                    .unreadable, .fault, "\(file) holds no certificate as PEM",
                    remedy: "the file begins with -----BEGIN CERTIFICATE-----"))
        }
        return parsed
    }

    // MARK: - The key

    private func matches(
        _ leaf: ParsedCertificate, inlineKey: PEMText.Block?, into problems: inout [CertificateProblem]
    ) -> Bool? {
        var block = inlineKey
        let file = keyFile ?? certificateFile
        if let keyFile {
            do throws(FileFailure) {
                let read = try BoundedFile.read(keyFile, maximumBytes: Self.maximumBytes)
                if read.permissions.isRegularFile, read.permissions.isExposed {
                    problems.append(Self.exposed(keyFile, read.permissions))
                }
                block = PEMText.blocks(read.contents).first { $0.label.hasSuffix("PRIVATE KEY") }
            } catch {
                problems.append(
                    CertificateProblem(
                        .keyUnreadable, .fault, error.description, remedy: "name a file that this user can read"))
                return nil
            }
        } else if block != nil, let permissions = try? FilePermissions.of(file), permissions.isRegularFile,
            permissions.isExposed
        {
            problems.append(Self.exposed(file, permissions))
        }
        guard let block else {
            guard keyFile != nil else { return nil }
            problems.append(
                CertificateProblem(
                    .keyUnreadable, .fault, "\(file) holds no private key as PEM",
                    remedy: "the file begins with -----BEGIN PRIVATE KEY-----"))
            return nil
        }
        guard let key = try? Certificate.PrivateKey(pemEncoded: block.text) else {
            let isEncrypted = block.label.hasPrefix("ENCRYPTED") || block.text.contains("Proc-Type: 4,ENCRYPTED")
            problems.append(
                CertificateProblem(
                    .keyUnreadable, .fault,
                    isEncrypted
                        ? "the private key in \(file) has a passphrase" : "the private key in \(file) cannot be read",
                    remedy: isEncrypted
                        ? "openssl pkey -in FILE -out NEW writes it without one; keep that at mode 600"
                        : "a key is RSA of at least 2048 bits, ECDSA P-256, P-384, P-521, or Ed25519"))
            return nil
        }
        guard key.publicKey == leaf.certificate.publicKey else {
            problems.append(
                CertificateProblem(
                    .keyMismatch, .fault, "the private key in \(file) is not the one of the certificate",
                    remedy: "use the key that the certificate was asked for with"))
            return false
        }
        return true
    }

    private static func exposed(_ file: String, _ permissions: FilePermissions) -> CertificateProblem {
        CertificateProblem(
            .keyExposed, .fault, "others may read the private key in \(file) (mode \(permissions.octal))",
            remedy: "chmod 600 \(file), and have the certificate issued again for a new key if it was so for long")
    }
}
