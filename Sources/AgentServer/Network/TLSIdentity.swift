import AgentCore
import AuthTokens
import NIOCore
import NIOSSL
import SwiftASN1
import X509

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A certificate with its key and chain, read from files and found to belong together.
struct TLSIdentity: Sendable {
    /// What new connections are answered with.
    let context: NIOSSLContext
    /// The host names and addresses that the certificate is for, as `Host` has them.
    let names: [String]
    /// When the certificate ends.
    let expires: Date

    /// The largest file that is read.
    private static let maximumBytes = 1 << 20
    /// TLS 1.2 with forward secrecy and authenticated encryption only; TLS 1.3 has nothing else.
    private static let cipherSuites = "ECDHE+AESGCM:ECDHE+CHACHA20"

    /// Reads the files.
    ///
    /// - Parameter tls: Names them.
    /// - Returns: `nil` when none is named.
    /// - Throws: ``ConfigurationError`` that says which file is wrong, why, and how to mend it: of the kind `insecure` when
    ///   others may read the key.
    static func load(_ tls: HTTPConfiguration.TLSConfiguration) throws(ConfigurationError) -> TLSIdentity? {
        guard tls.certFile != nil || tls.keyFile != nil || tls.chainFile != nil else { return nil }
        guard let certFile = tls.certFile else {
            throw failure(
                "http.tls.cert_file", "a key needs its certificate", "name it with --tls-cert or http.tls.cert_file")
        }
        guard let keyFile = tls.keyFile else {
            throw failure(
                "http.tls.key_file", "a certificate needs its key", "name it with --tls-key or http.tls.key_file")
        }
        var chain = try certificates(certFile, "http.tls.cert_file")
        if let chainFile = tls.chainFile { chain += try certificates(chainFile, "http.tls.chain_file") }
        let (key, publicKey) = try privateKey(keyFile)
        let leaf: Certificate
        do {
            leaf = try Certificate(derEncoded: try chain[0].toDERBytes())
        } catch {
            throw failure("http.tls.cert_file", "\(PlainText.escaped(certFile)) is not a certificate that can be read")
        }
        if let publicKey, publicKey != leaf.publicKey {
            throw failure(
                "http.tls.key_file",
                "\(PlainText.escaped(keyFile)) is not the key of the certificate in \(PlainText.escaped(certFile))",
                "the first certificate of the file has to be the server's own, those of the issuers follow it")
        }
        var configuration = NIOSSL.TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuites = cipherSuites
        configuration.applicationProtocols = ["h2", "http/1.1"]
        // A client that does not say goodbye holds nobody up.
        configuration.shutdownTimeout = .seconds(1)
        do {
            return TLSIdentity(
                context: try NIOSSLContext(configuration: configuration), names: names(of: leaf),
                expires: leaf.notValidAfter)
        } catch {
            throw failure(
                "http.tls.cert_file",
                "\(PlainText.escaped(certFile)) and \(PlainText.escaped(keyFile)) cannot be served with",
                "look whether the key belongs to the certificate")
        }
    }

    private static func read(_ path: String, _ key: String) throws(ConfigurationError) -> BoundedFile {
        do {
            return try BoundedFile.read(path, maximumBytes: maximumBytes)
        } catch {
            throw failure(key, PlainText.escaped(error.description))
        }
    }

    private static func certificates(_ path: String, _ key: String) throws(ConfigurationError) -> [NIOSSLCertificate] {
        let file = try read(path, key)
        let found = try? NIOSSLCertificate.fromPEMBytes(file.contents)
        guard let found, !found.isEmpty else {
            throw failure(
                key, "\(PlainText.escaped(path)) holds no certificate as PEM",
                "it begins with -----BEGIN CERTIFICATE-----")
        }
        return found
    }

    private static func privateKey(
        _ path: String
    ) throws(ConfigurationError) -> (NIOSSLPrivateKey, Certificate.PublicKey?) {
        let name = "http.tls.key_file"
        let file = try read(path, name)
        let quoted = PlainText.escaped(path)
        if file.permissions.isRegularFile, file.permissions.isExposed {
            throw failure(
                name, "the file holds the private key and others may read it (mode \(file.permissions.octal))",
                "chmod 600 \(quoted)", kind: .insecure)
        }
        let text = String(decoding: file.contents, as: UTF8.self)
        if text.contains("ENCRYPTED") {
            throw failure(
                name, "\(quoted) is protected by a passphrase, which nobody could type for a server",
                "take it off with openssl pkey, and keep the file at mode 600")
        }
        guard let key = try? NIOSSLPrivateKey(bytes: file.contents, format: .pem) else {
            throw failure(name, "\(quoted) holds no private key as PEM", "it begins with -----BEGIN PRIVATE KEY-----")
        }
        // Of a kind of key that is not known here, TLS itself compares.
        return (key, (try? Certificate.PrivateKey(pemEncoded: text))?.publicKey)
    }

    private static func names(of certificate: Certificate) -> [String] {
        let alternatives = (try? certificate.extensions.subjectAlternativeNames) ?? nil
        return (alternatives.map { Array($0) } ?? []).compactMap { name in
            switch name {
            // A wildcard is for names that are not known; those have to be listed.
            case .dnsName(let name): name.contains("*") ? nil : name
            case .ipAddress(let bytes): Self.address(Array(bytes.bytes))
            default: nil
            }
        }
    }

    private static func address(_ bytes: [UInt8]) -> String? {
        switch bytes.count {
        case 4: bytes.map(String.init).joined(separator: ".")
        case 16:
            "["
                + stride(from: 0, to: 16, by: 2).map {
                    String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16)
                }
                .joined(separator: ":") + "]"
        default: nil
        }
    }

    private static func failure(
        _ key: String, _ message: String, _ suggestion: String? = nil, kind: ConfigurationIssue.Kind = .invalid
    ) -> ConfigurationError {
        ConfigurationError(issues: [
            ConfigurationIssue(kind: kind, key: key, message: message, suggestion: suggestion)
        ])
    }
}
