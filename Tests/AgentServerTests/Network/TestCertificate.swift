import Foundation
import NIOSSL

/// A certificate with its key, made by OpenSSL for one test, and removed with its folder.
struct TestCertificate: Sendable {
    let folder: String
    var certFile: String { folder + "/server.crt" }
    var keyFile: String { folder + "/server.key" }

    /// Makes a self-signed certificate for this machine.
    ///
    /// - Parameters:
    ///   - folder: Where, made if it is not there.
    ///   - commonName: Tells certificates apart.
    ///   - names: What it is for, as `subjectAltName` has it.
    init(
        in folder: String, commonName: String = "one", names: String = "DNS:localhost,IP:127.0.0.1"
    ) throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-keyout",
            keyFile, "-out", certFile, "-subj", "/CN=\(commonName)", "-addext", "subjectAltName=\(names)",
        ]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw TestFailure("openssl made no certificate") }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keyFile)
    }

    /// For clients that trust it.
    func clientContext(alpn: [String] = [], minimum: TLSVersion = .tlsv12, maximum: TLSVersion? = nil) throws
        -> NIOSSLContext
    {
        var configuration = NIOSSL.TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(certFile)
        configuration.applicationProtocols = alpn
        configuration.minimumTLSVersion = minimum
        configuration.maximumTLSVersion = maximum
        return try NIOSSLContext(configuration: configuration)
    }
}

/// Something that a test did not reckon with.
struct TestFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// A folder of a test's own, removed afterwards.
func withFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("serve-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}
