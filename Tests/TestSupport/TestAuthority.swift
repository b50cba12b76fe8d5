import Crypto
import Foundation
import SwiftASN1
import X509

/// An authority of the tests' own, which issues certificates as they are asked for.
public struct TestAuthority: Sendable {
    /// A certificate and its key, as PEM.
    public struct Issued: Sendable {
        /// The certificate.
        public let certificate: String
        /// The private key (PKCS #8).
        public let key: String
    }

    /// What a certificate shall be like.
    public struct Request: Sendable {
        /// Its common name.
        public var subject = "agent.example.com"
        /// Its host names.
        public var names = ["agent.example.com"]
        /// From when on it holds, in seconds from now.
        public var begins = -3600.0
        /// Until when it holds, in seconds from now.
        public var ends = 90.0 * 86400 - 7200
        /// Whether it may sign others.
        public var isAuthority = false
        /// Whether it is for servers; else it is for clients.
        public var isForServers = true

        /// A certificate of a server for 90 days.
        public init() {}
    }

    private let key: P256.Signing.PrivateKey
    private let certificate: Certificate

    /// The authority's certificate, as PEM.
    public let root: String

    /// Makes an authority.
    public init(name: String = "Test authority") throws {
        key = P256.Signing.PrivateKey()
        var request = Request()
        request.subject = name
        request.names = []
        request.isAuthority = true
        request.ends = 3650 * 86400
        certificate = try Self.certificate(request, for: key, issuer: nil, issuerKey: key)
        root = try certificate.serializeAsPEM().pemString + "\n"
    }

    private init(key: P256.Signing.PrivateKey, certificate: Certificate) throws {
        self.key = key
        self.certificate = certificate
        root = try certificate.serializeAsPEM().pemString + "\n"
    }

    /// Issues a certificate for a new key.
    public func issue(_ request: Request = Request()) throws -> Issued {
        let leaf = P256.Signing.PrivateKey()
        let made = try Self.certificate(request, for: leaf, issuer: certificate.subject, issuerKey: key)
        return Issued(certificate: try made.serializeAsPEM().pemString + "\n", key: leaf.pemRepresentation + "\n")
    }

    /// An authority that this one signed.
    public func intermediate(name: String = "Intermediate") throws -> TestAuthority {
        let leaf = P256.Signing.PrivateKey()
        var request = Request()
        request.subject = name
        request.names = []
        request.isAuthority = true
        return try TestAuthority(
            key: leaf,
            certificate: try Self.certificate(request, for: leaf, issuer: certificate.subject, issuerKey: key))
    }

    /// A certificate that is signed with its own key.
    public static func selfSigned(_ request: Request = Request()) throws -> Issued {
        let key = P256.Signing.PrivateKey()
        let made = try certificate(request, for: key, issuer: nil, issuerKey: key)
        return Issued(certificate: try made.serializeAsPEM().pemString + "\n", key: key.pemRepresentation + "\n")
    }

    private static func certificate(
        _ request: Request, for key: P256.Signing.PrivateKey, issuer: DistinguishedName?,
        issuerKey: P256.Signing.PrivateKey
    ) throws -> Certificate {
        let subject = try DistinguishedName { CommonName(request.subject) }
        let extensions = try Certificate.Extensions {
            if request.isAuthority {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
            } else {
                Critical(BasicConstraints.notCertificateAuthority)
                try ExtendedKeyUsage([request.isForServers ? .serverAuth : .clientAuth])
            }
            if !request.names.isEmpty { SubjectAlternativeNames(request.names.map { .dnsName($0) }) }
        }
        return try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
            notValidBefore: Date(timeIntervalSinceNow: request.begins),
            notValidAfter: Date(timeIntervalSinceNow: request.ends), issuer: issuer ?? subject, subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions, issuerPrivateKey: .init(issuerKey))
    }
}
