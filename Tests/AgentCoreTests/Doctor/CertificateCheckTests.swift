import AuthTokens
import Foundation
import TestSupport
import Testing

@testable import AgentCore

@Suite("CertificateCheck")
struct CertificateCheckTests {
    /// Files in a folder, removed at the end.
    private final class Folder {
        let path: String

        init() throws {
            path = FileManager.default.temporaryDirectory.path + "/cert-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
            let file = "\(path)/\(name)"
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
            return file
        }
    }

    private func codes(_ report: CertificateReport) -> Set<CertificateProblem.Code> { Set(report.problems.map(\.code)) }

    @Test("A certificate with its key, its chain and its names is good")
    func good() throws {
        let folder = try Folder()
        let root = try TestAuthority()
        let intermediate = try root.intermediate()
        let issued = try intermediate.issue()
        let check = CertificateCheck(
            certificateFile: try folder.write("cert.pem", issued.certificate),
            keyFile: try folder.write("key.pem", issued.key),
            chainFile: try folder.write("chain.pem", intermediate.root + root.root), names: ["agent.example.com"])
        let report = check.report()
        #expect(report.problems.isEmpty, "\(report.problems)")
        #expect(report.keyMatches == true)
        try #require(report.certificates.count == 3)
        #expect(report.certificates.map(\.names) == [["agent.example.com"], [], []])
        #expect(report.certificates[0].key == "ECDSA P-256")
        #expect(report.certificates[0].daysLeft(at: .now) == 89)
        #expect(report.certificates[2].isSelfSigned && !report.certificates[0].isSelfSigned)
        #expect(report.certificates[0].fingerprint.count == 64)
    }

    @Test("A chain in the wrong order is a fault")
    func order() throws {
        let folder = try Folder()
        let root = try TestAuthority()
        let intermediate = try root.intermediate()
        let file = try folder.write("all.pem", try intermediate.issue().certificate + root.root + intermediate.root)
        #expect(codes(CertificateCheck(certificateFile: file).report()).contains(.chainOrder))
    }

    @Test(
        "The days left are counted to the end, and warned of as asked", arguments: [(29, true), (31, false), (0, true)])
    func expiry(_ days: Int, _ isWarned: Bool) throws {
        let folder = try Folder()
        var request = TestAuthority.Request()
        request.ends = Double(days) * 86400 + 3600
        let file = try folder.write("cert.pem", try TestAuthority().issue(request).certificate)
        let report = CertificateCheck(certificateFile: file).report()
        #expect(codes(report) == (isWarned ? [.expiresSoon] : []))
        #expect(report.isFine)
        #expect(codes(CertificateCheck(certificateFile: file, warnDays: 0).report()) == [])
    }

    @Test("Certificates of the past and of the future are faults")
    func validity() throws {
        let folder = try Folder()
        var past = TestAuthority.Request()
        past.ends = -1
        var future = TestAuthority.Request()
        future.begins = 3600
        let authority = try TestAuthority()
        let expired = try folder.write("past.pem", try authority.issue(past).certificate)
        let early = try folder.write("future.pem", try authority.issue(future).certificate)
        #expect(codes(CertificateCheck(certificateFile: expired).report()) == [.expired])
        #expect(codes(CertificateCheck(certificateFile: early).report()) == [.notYetValid])
    }

    @Test("Names that are missing, purposes that do not fit, long lives and own signatures are told")
    func shape() throws {
        let folder = try Folder()
        let authority = try TestAuthority()
        var request = TestAuthority.Request()
        request.names = []
        request.isForServers = false
        let nameless = try folder.write("a.pem", try authority.issue(request).certificate)
        #expect(codes(CertificateCheck(certificateFile: nameless).report()) == [.noNames, .notForServers])
        var long = TestAuthority.Request()
        long.ends = 800 * 86400
        let lasting = try folder.write("b.pem", try authority.issue(long).certificate)
        #expect(codes(CertificateCheck(certificateFile: lasting).report()) == [.longLived])
        let own = try folder.write("c.pem", try TestAuthority.selfSigned().certificate)
        #expect(codes(CertificateCheck(certificateFile: own).report()) == [.selfSigned])
        let named = CertificateCheck(certificateFile: own, names: ["agent.example.com", "b.example.com"])
        #expect(codes(named.report()) == [.selfSigned, .nameMissing])
    }

    @Test("A bundle of authorities is no server's certificate, and has no order")
    func bundle() throws {
        let folder = try Folder()
        let file = try folder.write("ca.pem", try TestAuthority(name: "A").root + TestAuthority(name: "B").root)
        let report = CertificateCheck(certificateFile: file).report()
        #expect(report.problems.isEmpty, "\(report.problems)")
        #expect(report.certificates.count == 2)
    }

    @Test("A weak key is a fault, whatever else may be said of it")
    func weak() throws {
        let folder = try Folder()
        let report = CertificateCheck(certificateFile: try folder.write("weak.pem", Self.weak)).report()
        #expect(codes(report) == [.weakKey])
        #expect(!report.isFine)
    }

    @Test("A key that is another's, has a passphrase, is open to others or is not there is a fault")
    func keys() throws {
        let folder = try Folder()
        let authority = try TestAuthority()
        let issued = try authority.issue()
        let file = try folder.write("cert.pem", issued.certificate)
        func codes(_ key: String, mode: Int = 0o600) throws -> Set<CertificateProblem.Code> {
            let check = CertificateCheck(
                certificateFile: file, keyFile: try folder.write("key-\(UUID().uuidString)", key, mode: mode))
            return self.codes(check.report())
        }
        #expect(try codes(try authority.issue().key) == [.keyMismatch])
        #expect(try codes(issued.key, mode: 0o644) == [.keyExposed])
        #expect(
            try codes("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n") == [
                .keyUnreadable
            ])
        #expect(try codes("nothing") == [.keyUnreadable])
        let missing = CertificateCheck(certificateFile: file, keyFile: "/nowhere/key").report()
        #expect(self.codes(missing) == [.keyUnreadable])
        #expect(missing.keyMatches == nil)
    }

    @Test(
        "What is no certificate is told and does no harm",
        arguments: [
            "", "-----BEGIN CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "\u{0}\u{1}\u{2}",
        ])
    func garbage(_ text: String) throws {
        let folder = try Folder()
        let report = CertificateCheck(certificateFile: try folder.write("x.pem", text)).report()
        #expect(codes(report) == [.unreadable])
        #expect(!report.isFine)
    }

    @Test(
        "Patterns cover one label, and never a whole top level",
        arguments: [
            ("agent.example.com", "AGENT.example.com.", true), ("*.example.com", "a.example.com", true),
            ("*.example.com", "a.b.example.com", false), ("*.example.com", "example.com", false),
            ("*.com", "example.com", false), ("*", "example.com", false), ("a*.example.com", "ab.example.com", false),
        ])
    func patterns(_ pattern: String, _ host: String, _ covers: Bool) {
        #expect(HostNamePattern.covers(pattern, host) == covers)
    }

    @Test(
        "Addresses are written as RFC 5952 does",
        arguments: [
            ([127, 0, 0, 1], "127.0.0.1"), ([UInt8](repeating: 0, count: 15) + [1], "::1"),
            ([0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [5], "2001:db8::5"),
        ] as [([UInt8], String)])
    func addresses(_ bytes: [UInt8], _ text: String) {
        #expect(InternetAddress.text(bytes) == text)
        #expect(InternetAddress.text(Array(bytes.dropLast())) == nil)
    }

    /// RSA 1024, made with openssl: the libraries of the tests refuse to make such keys.
    private static let weak = """
        -----BEGIN CERTIFICATE-----
        MIICLzCCAZigAwIBAgIUPV0FKRFRqvYmh/2DOC3AOd/kjtgwDQYJKoZIhvcNAQEL
        BQAwGzEZMBcGA1UEAwwQd2Vhay5leGFtcGxlLmNvbTAeFw0yNjExMjIyMDUzMzJa
        Fw0zNTAyMDgyMDUzMzJaMBsxGTAXBgNVBAMMEHdlYWsuZXhhbXBsZS5jb20wgZ8w
        DQYJKoZIhvcNAQEBBQADgY0AMIGJAoGBAM3rQZXJbeQsHwmFluxDsOFKY699yt0o
        OpHkMth3X2BWHEnowe7doAmLDG1jFTA1hVdWPiYDO0fjtkPxpq8LpG+m7+pIm+ie
        vJ000yDxvbZ4+Qr5yznS2XJ8QZGIGsYFQKe+AJ4BjQYV88rtFvo4HQMIgo8GQTVf
        d4Jy96nOiKDHAgMBAAGjcDBuMB0GA1UdDgQWBBRV+Wjx+fs4ATK3uL8OwgyS0cKG
        XjAfBgNVHSMEGDAWgBRV+Wjx+fs4ATK3uL8OwgyS0cKGXjAPBgNVHRMBAf8EBTAD
        AQH/MBsGA1UdEQQUMBKCEHdlYWsuZXhhbXBsZS5jb20wDQYJKoZIhvcNAQELBQAD
        gYEApJJdQI+n0k17Wm52ix16WZTU73SD1Ok3gLts6qgpznaPQ+BJZrA00GAob86Z
        aQ5qHqQzlOnfKrguCYLVC3P2Cb0VaUjZPfwAxn3vhpFWUp09fp+zvPgsp3LXNCs0
        eNoNR/BvGwCKdu0IvnDOze5DMg9h/41LcabZ8OLMF64362k=
        -----END CERTIFICATE-----
        """
}
