internal import AuthTokens
internal import Crypto
internal import CryptoExtras
internal import SwiftASN1
internal import X509

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A certificate with what is said of it.
struct ParsedCertificate: Sendable {
    let certificate: Certificate
    let entry: CertificateReport.Entry

    /// The longest text that is taken from a certificate, in scalars, and the most names.
    private static let (longest, mostNames) = (200, 100)

    init(_ certificate: Certificate) {
        self.certificate = certificate
        var serializer = DER.Serializer()
        let encoded = (try? serializer.serialize(certificate)).map { serializer.serializedBytes } ?? []
        let isAuthority: Bool
        if case .isCertificateAuthority? = try? certificate.extensions.basicConstraints {
            isAuthority = true
        } else {
            isAuthority = false
        }
        entry = CertificateReport.Entry(
            subject: Self.text("\(certificate.subject)"), issuer: Self.text("\(certificate.issuer)"),
            names: Self.names(certificate), notBefore: Self.moment(certificate.notValidBefore),
            notAfter: Self.moment(certificate.notValidAfter), key: Self.describe(certificate.publicKey),
            signature: Self.text(Self.lastWord("\(certificate.signatureAlgorithm)")),
            isSelfSigned: certificate.publicKey.isValidSignature(certificate.signature, for: certificate),
            isAuthority: isAuthority,
            fingerprint: Self.hexadecimal(SHA256.hash(data: encoded)))
    }

    /// The certificate signed the other one.
    func signed(_ other: ParsedCertificate) -> Bool {
        other.certificate.issuer == certificate.subject
            && certificate.publicKey.isValidSignature(other.certificate.signature, for: other.certificate)
    }

    private static func text(_ text: String) -> String {
        let cut = String(String.UnicodeScalarView(text.unicodeScalars.prefix(longest)))
        return PlainText.escaped(cut) + (cut.unicodeScalars.count < text.unicodeScalars.count ? "…" : "")
    }

    /// `ecdsaWithSHA256` of `SignatureAlgorithm.ecdsaWithSHA256`.
    private static func lastWord(_ text: String) -> String {
        text.split(separator: ".").last.map { String($0) } ?? text
    }

    private static func moment(_ date: Date) -> Timestamp {
        // What no calendar holds must not trap.
        Timestamp(seconds: Int64(exactly: date.timeIntervalSince1970.rounded(.down)) ?? .max / 2)
    }

    private static func names(_ certificate: Certificate) -> [String] {
        guard let names = try? certificate.extensions.subjectAlternativeNames else { return [] }
        return names.prefix(mostNames).compactMap { name in
            switch name {
            case .dnsName(let host): text(host)
            case .ipAddress(let address): InternetAddress.text(Array(address.bytes))
            default: nil
            }
        }
    }

    private static func describe(_ key: Certificate.PublicKey) -> String {
        if let rsa = _RSA.Signing.PublicKey(key) { return "RSA \(rsa.keySizeInBits)" }
        if P256.Signing.PublicKey(key) != nil { return "ECDSA P-256" }
        if P384.Signing.PublicKey(key) != nil { return "ECDSA P-384" }
        if P521.Signing.PublicKey(key) != nil { return "ECDSA P-521" }
        return Curve25519.Signing.PublicKey(key) != nil ? "Ed25519" : "unknown"
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.reduce(into: "") { text, byte in
            text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
    }
}

/// Addresses as they stand in certificates.
enum InternetAddress {
    /// The text of 4 or 16 bytes; `nil` for any other number.
    static func text(_ bytes: [UInt8]) -> String? {
        switch bytes.count {
        case 4: return bytes.map { String($0) }.joined(separator: ".")
        case 16:
            let groups = stride(from: 0, to: 16, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
            return compressed(groups)
        default: return nil
        }
    }

    /// RFC 5952: the longest run of two and more zeros is left out.
    private static func compressed(_ groups: [Int]) -> String {
        var best = 0..<0
        var start = 0
        while start < groups.count {
            guard groups[start] == 0 else {
                start += 1
                continue
            }
            let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
            if end - start > best.count { best = start..<end }
            start = end
        }
        func text(_ part: ArraySlice<Int>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        guard best.count > 1 else { return text(groups[...]) }
        return text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
    }
}
