import AsyncHTTPClient
import AuthTokens
import NIOCore
import NIOPosix
import NIOSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Why a server is not reached, and whose certificates it may show.
extension ServerConnection {
    /// Certificates larger than this are none, in bytes.
    private static let largestAuthorities = 4 << 20

    /// Trusts the certificates of a file, and no others.
    ///
    /// - Throws: ``ChatProblem`` for a file without a certificate.
    static func trusting(_ file: String) throws -> TLSConfiguration {
        let bytes: [UInt8]
        do {
            bytes = try BoundedFile.read(file, maximumBytes: largestAuthorities).contents
        } catch {
            throw ChatProblem("--ca-file: \(error)", status: 2)
        }
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw ChatProblem("--ca-file: \(file) holds no certificate in PEM (-----BEGIN CERTIFICATE-----)", status: 2)
        }
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(certificates)
        return tls
    }

    /// A failure in words. Never its own text, which may hold the request, and with it the token.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let failure as HTTPClientError: reason(failure)
        case let failure as NIOSSLExtraError where failure == .failedToValidateHostname:
            "its certificate is for another name"
        case is NIOSSLExtraError: "its certificate cannot be checked"
        case NIOSSLError.handshakeFailed(let failure): reason(failure)
        case let failure as NIOConnectionError: reason(failure)
        case let failure as IOError: String(cString: strerror(failure.errnoCode))
        default: "\(type(of: error))"
        }
    }

    private static func reason(_ failure: HTTPClientError) -> String {
        switch failure {
        case .readTimeout: "it has said nothing for too long"
        case .connectTimeout: "it does not answer"
        case .remoteConnectionClosed: "it closed the connection"
        case .deadlineExceeded: "it took too long"
        default: failure.shortDescription
        }
    }

    private static func reason(_ failure: BoringSSLError) -> String {
        // The library tells these apart by its words alone.
        let text = "\(failure)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return
                "its certificate is not trusted: nobody known has signed it, or it has expired. --ca-file FILE names the "
                + "certificate of a private authority"
        }
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return "it does not speak TLS there (https)"
        }
        return "TLS was not agreed on"
    }

    private static func reason(_ failure: NIOConnectionError) -> String {
        guard let first = failure.connectionErrors.first?.error else { return "its name is not known" }
        return first is NIOConnectionError ? "it does not answer" : reason(first)
    }
}
