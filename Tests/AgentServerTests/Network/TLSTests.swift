import AgentCore
import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import Testing

@testable import AgentServer

@Suite("TLS")
struct TLSTests {
    private static func issue(_ tls: HTTPConfiguration.TLSConfiguration) -> ConfigurationIssue? {
        do throws(ConfigurationError) {
            _ = try TLSIdentity.load(tls)
            return nil
        } catch {
            return error.issues.first
        }
    }

    private static func tls(_ certificate: TestCertificate) -> HTTPConfiguration.TLSConfiguration {
        var tls = HTTPConfiguration.TLSConfiguration()
        (tls.certFile, tls.keyFile) = (certificate.certFile, certificate.keyFile)
        return tls
    }

    /// Runs a server with a certificate of its own.
    static func withServer<Value: Sendable>(
        services: (inout ServerServices) -> Void = { _ in },
        _ body: @escaping @Sendable (RunningServer, TestCertificate) async throws -> Value
    ) async throws -> Value {
        try await withFolder { folder in
            let certificate = try TestCertificate(in: folder)
            return try await RunningServer.with {
                $0.http.tls = tls(certificate)
            } services: {
                services(&$0)
            } _: { server in
                try await body(server, certificate)
            }
        }
    }

    @Test(
        "The names of the certificate are known",
        arguments: ["DNS:agent.example.com,DNS:*.example.com,IP:192.0.2.1,IP:::1"])
    func names(names: String) async throws {
        try await withFolder { folder in
            let identity = try TLSIdentity.load(Self.tls(try TestCertificate(in: folder, names: names)))
            #expect(identity?.names == ["agent.example.com", "192.0.2.1", "[0:0:0:0:0:0:0:1]"])
            #expect(try #require(identity?.expires) > Date())
        }
    }

    @Test(
        "A key that others may read is refused for security",
        arguments: [(0o644, false), (0o660, false), (0o604, false), (0o400, true)])
    func mode(mode: Int, isAllowed: Bool) async throws {
        try await withFolder { folder in
            let certificate = try TestCertificate(in: folder)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: certificate.keyFile)
            let issue = Self.issue(Self.tls(certificate))
            #expect((issue == nil) == isAllowed)
            if !isAllowed {
                #expect(issue?.kind == .insecure && issue?.key == "http.tls.key_file")
                #expect(issue?.suggestion?.hasPrefix("chmod 600 ") == true)
            }
        }
    }

    @Test("A key of another certificate is refused with what is wrong")
    func mismatch() async throws {
        try await withFolder { folder in
            let (one, other) = (try TestCertificate(in: folder + "/a"), try TestCertificate(in: folder + "/b"))
            var tls = Self.tls(one)
            tls.keyFile = other.keyFile
            let issue = Self.issue(tls)
            #expect(issue?.kind == .invalid)
            #expect(issue?.message.contains("is not the key of the certificate") == true)
        }
    }

    @Test("Files that are missing, empty, swapped or sealed are refused with their names")
    func broken() async throws {
        try await withFolder { folder in
            let certificate = try TestCertificate(in: folder)
            let empty = folder + "/empty"
            _ = FileManager.default.createFile(atPath: empty, contents: Data(), attributes: [.posixPermissions: 0o600])
            let sealed = folder + "/sealed"
            let text = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIC\n-----END ENCRYPTED PRIVATE KEY-----\n"
            _ = FileManager.default.createFile(
                atPath: sealed, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
            for (cert, key, words) in [
                (certificate.certFile, nil, "a certificate needs its key"),
                (nil, certificate.keyFile, "a key needs its certificate"),
                (folder + "/none", certificate.keyFile, "none"), (certificate.certFile, folder + "/none", "none"),
                (empty, certificate.keyFile, "holds no certificate"),
                (certificate.certFile, empty, "holds no private key"),
                (certificate.keyFile, certificate.keyFile, "holds no certificate"),
                (certificate.certFile, sealed, "passphrase"),
            ] as [(String?, String?, String)] {
                var tls = HTTPConfiguration.TLSConfiguration()
                (tls.certFile, tls.keyFile) = (cert, key)
                #expect(Self.issue(tls)?.message.contains(words) == true, "\(words)")
            }
        }
    }

    @Test("HTTP/2 and HTTP/1.1 are spoken, as the client asks", arguments: [true, false])
    func versions(isHTTP2: Bool) async throws {
        try await Self.withServer { server, certificate in
            var configuration = HTTPClient.Configuration()
            configuration.httpVersion = isHTTP2 ? .automatic : .http1Only
            var trust = NIOSSL.TLSConfiguration.makeClientConfiguration()
            trust.trustRoots = .file(certificate.certFile)
            configuration.tlsConfiguration = trust
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            let response = try await client.execute(
                HTTPClientRequest(url: "https://localhost:\(server.port)/healthz"), timeout: .seconds(60))
            #expect(response.status == .ok)
            #expect(response.version == (isHTTP2 ? .http2 : .http1_1))
            #expect(response.headers["x-request-id"].first?.utf8.count == 32)
            try await client.shutdown()
        }
    }

    @Test(
        "Versions before TLS 1.2 are refused",
        arguments: [(TLSVersion.tlsv1, TLSVersion.tlsv11, false), (.tlsv12, .tlsv12, true), (.tlsv13, .tlsv13, true)])
    func oldVersions(minimum: TLSVersion, maximum: TLSVersion, isSpoken: Bool) async throws {
        try await Self.withServer { server, certificate in
            let context = try certificate.clientContext(minimum: minimum, maximum: maximum)
            let client = try await RawClient.connect(server.port, tls: context)
            try? await client.send(RunningServer.request("GET", "/healthz"))
            #expect((await client.reply()?.status == 200) == isSpoken)
            await client.close()
        }
    }

    @Test("Plain HTTP to the port of HTTPS gets no answer")
    func plain() async throws {
        try await Self.withServer { server, _ in
            #expect(await server.status("/healthz") == nil)
        }
    }

    @Test("Over HTTPS the caller is secure: a browser is told to stay with it, by names other than localhost")
    func transportSecurity() async throws {
        try await withFolder { folder in
            let certificate = try TestCertificate(in: folder, names: "DNS:localhost,DNS:agent.example.com")
            try await RunningServer.with {
                $0.http.tls = Self.tls(certificate)
            } _: { server in
                for (host, isTold) in [("agent.example.com", true), ("localhost", false)] {
                    let client = try await RawClient.connect(server.port, tls: try certificate.clientContext())
                    try await client.send(RunningServer.request("GET", "/healthz", ["Host: \(host)"]))
                    let reply = await client.reply()
                    // A name of the certificate needs no listing.
                    #expect(reply?.status == 200)
                    #expect((reply?.fields["strict-transport-security"] != nil) == isTold)
                    await client.close()
                }
            }
        }
    }

    @Test(
        "A renewed certificate is served without a restart, whether it is written over, renamed or linked",
        arguments: ["write", "rename", "link"])
    func renewal(way: String) async throws {
        try await withFolder { folder in
            let files = FileManager.default
            let old = try TestCertificate(in: folder + "/1", commonName: "one")
            let new = try TestCertificate(in: folder + "/2", commonName: "two")
            let live = folder + "/live"
            try files.createSymbolicLink(atPath: live, withDestinationPath: folder + "/1")
            var tls = HTTPConfiguration.TLSConfiguration()
            (tls.certFile, tls.keyFile) = (live + "/server.crt", live + "/server.key")
            let identity = try #require(try TLSIdentityFiles(tls, logger: Self.silent))
            let before = ObjectIdentifier(identity.context)
            identity.refresh()
            #expect(ObjectIdentifier(identity.context) == before)
            switch way {
            case "write":
                for name in ["server.crt", "server.key"] {
                    try Data(contentsOf: URL(fileURLWithPath: new.folder + "/" + name))
                        .write(to: URL(fileURLWithPath: old.folder + "/" + name))
                }
            case "rename":
                for name in ["server.crt", "server.key"] {
                    try files.removeItem(atPath: old.folder + "/" + name)
                    try files.moveItem(atPath: new.folder + "/" + name, toPath: old.folder + "/" + name)
                }
            default:
                let next = folder + "/next"
                try files.createSymbolicLink(atPath: next, withDestinationPath: folder + "/2")
                #expect(rename(next, live) == 0)
            }
            identity.refresh()
            #expect(ObjectIdentifier(identity.context) != before)
            #expect(identity.problem == nil)
        }
    }

    @Test("A broken certificate keeps the old one, says so in readiness, and heals when it is mended")
    func brokenRenewal() async throws {
        try await Self.withServer { server, certificate in
            let good = try Data(contentsOf: URL(fileURLWithPath: certificate.certFile))
            try Data("broken".utf8).write(to: URL(fileURLWithPath: certificate.certFile))
            await server.server.reload()
            let trust = certificate.folder + "/trust.crt"
            try good.write(to: URL(fileURLWithPath: trust))
            var configuration = NIOSSL.TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .file(trust)
            let context = try NIOSSLContext(configuration: configuration)
            for isBroken in [true, false] {
                if !isBroken {
                    try good.write(to: URL(fileURLWithPath: certificate.certFile))
                    await server.server.reload()
                }
                let client = try await RawClient.connect(server.port, tls: context)
                try await client.send(RunningServer.request("GET", "/readyz"))
                let reply = await client.reply()
                #expect(reply?.status == 200)
                #expect((reply?.text.contains("the certificate could not be read again") == true) == isBroken)
                #expect(reply?.text.contains(certificate.folder) == false)
                await client.close()
            }
        }
    }

    @Test("A handshake that does not go on is given up")
    func slowHandshake() async throws {
        try await Self.withServer(services: { $0.limits.handshakeTimeout = .milliseconds(100) }) { server, _ in
            let client = try await RawClient.connect(server.port)
            try await client.send([0x16, 0x03, 0x01])
            _ = await client.untilClosed()
        }
    }

    @Test("A client that opens and resets streams without end is sent away")
    func rapidReset() async throws {
        try await Self.withServer { server, certificate in
            let client = try await RawClient.connect(
                server.port, tls: try certificate.clientContext(alpn: ["h2"]))
            var bytes = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]
            // :method GET, :scheme https, :path /, :authority localhost, as HPACK has them.
            let head: [UInt8] = [0x82, 0x87, 0x84, 0x41, 9] + Array("localhost".utf8)
            for number in 0..<2000 {
                let id = UInt32(number * 2 + 1)
                let name = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: id >> $0) }
                bytes += [0, 0, UInt8(head.count), 1, 5] + name + head
                bytes += [0, 0, 4, 3, 0] + name + [0, 0, 0, 8]
            }
            try? await client.send(bytes)
            // The server ends the connection; other clients are served.
            _ = await client.untilClosed()
            let other = try await RawClient.connect(server.port, tls: try certificate.clientContext())
            try await other.send(RunningServer.request("GET", "/healthz"))
            #expect(await other.reply()?.status == 200)
            await other.close()
        }
    }

    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
