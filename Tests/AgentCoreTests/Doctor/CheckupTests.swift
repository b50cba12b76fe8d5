import AuthTokens
import Foundation
import MCPProtocol
import TestSupport
import Testing

@testable import AgentCore

@Suite("Checkup")
struct CheckupTests {
    @Test("A good installation has nothing to mend and nothing to doubt")
    func good() async throws {
        let findings = try await Installation().findings()
        let others = findings.filter { $0.status == .fail || $0.status == .warn }
        #expect(others.isEmpty, "\(others.map(\.line).joined(separator: "\n"))")
        #expect(findings.count(of: .pass) >= 40)
        #expect(findings.isFine)
    }

    @Test("Each planted fault is found, with how to mend it", arguments: PlantedFault.all)
    func planted(_ fault: PlantedFault) async throws {
        let installation = try Installation()
        try fault.plant(installation)
        let findings = await installation.findings()
        #expect(findings.status(of: fault.point) == fault.status, "\(findings.text(of: fault.point))")
        let finding = try #require(findings.first { $0.id == fault.point.rawValue && $0.status == fault.status })
        #expect(finding.remedy?.isEmpty == false)
        #expect(!finding.detail.isEmpty)
        #expect(!findings.map(\.line).joined().contains(Installation.password))
    }

    @Test("At least 25 faults at once are each found")
    func together() async throws {
        let installation = try Installation()
        // Those that hide another one are left out: a file that nobody reads has no faults in it, and a moved clock ages all.
        let alone: Set<CheckPoint> = [
            .tokensReadable, .usersReadable, .tokensPresent, .tokenFile, .userFile, .clock, .serverCertificate,
            .stateDirectory, .secretFileSet, .auditSealed, .auditOn, .secretKeyAge, .usersPasswordAge, .authentication,
            .httpTransport, .secretsInline,
        ]
        var planted: [CheckPoint: PlantedFault] = [:]
        for fault in PlantedFault.all where !alone.contains(fault.point) && planted[fault.point] == nil {
            planted[fault.point] = fault
        }
        for fault in planted.values { try fault.plant(installation) }
        let findings = await installation.findings()
        let missed = planted.keys.filter { ![.fail, .warn].contains(findings.status(of: $0)) }
        #expect(missed.isEmpty, "\(missed.map(\.rawValue))")
        #expect(planted.count >= 25)
    }

    @Test("Without HTTP its points are left out")
    func withoutHTTP() async throws {
        let installation = try Installation()
        installation.servesHTTP = false
        installation.configuration.http.auth.enabled = false
        let findings = await installation.findings()
        #expect(findings.isFine)
        #expect(!findings.contains { $0.id.hasPrefix("http.") || $0.id.hasPrefix("tokens.") })
    }

    @Test("The template of agentctl config init has no fault")
    func template() async throws {
        let installation = try Installation()
        let loaded = try ConfigurationLoader.check(yaml: ConfigurationTemplate.text, name: "agentd.yaml")
        try installation.write("agentd.yaml", ConfigurationTemplate.text)
        var subject = CheckupSubject(inspection: ConfigurationInspection(loaded: loaded), environment: [:])
        subject.asksDatabases = false
        subject.machine = installation.subject.machine
        subject.inspection.loaded.file = installation.path("agentd.yaml")
        let findings = await Checkup(subject).run()
        #expect(findings.isFine, "\(findings.filter { $0.status == .fail }.map(\.line))")
    }

    /// The configurations that are shipped for operators.
    private static let shipped: [String] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder = root.appendingPathComponent("deploy/config").path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".yaml") }.sorted().map { "\(folder)/\($0)" }
    }()

    @Test("The shipped configurations have no fault of their own, whatever files they name", arguments: shipped)
    func shippedConfiguration(_ file: String) async throws {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let loaded = try ConfigurationLoader.check(yaml: text, name: "agentd.yaml")
        var subject = CheckupSubject(inspection: ConfigurationInspection(loaded: loaded), environment: [:])
        subject.asksDatabases = false
        #expect(subject.servesHTTP)
        let own = ["configuration.", "audit.", "metrics.", "http.", "database."]
        let faults = await Checkup(subject).run()
            .filter { finding in finding.status == .fail && own.contains { finding.id.hasPrefix($0) } }
        #expect(faults.isEmpty, "\(faults.map(\.line))")
    }

    @Test("Text from files cannot steer the terminal or end the line")
    func hostileText() async throws {
        let installation = try Installation()
        _ = try installation.tokens.create(TokenRequest(note: "\u{1B}[2Jx\u{202E}\ny", expires: nil))
        installation.configuration.http.allowedOrigins = ["http://\u{1B}]0;t\u{7}"]
        installation.issues = [ConfigurationIssue(key: "a\u{1B}[1mb", message: "unknown\nkey")]
        var request = TestAuthority.Request()
        request.subject = "x\u{1B}[31m\u{2028}"
        request.ends = 86400
        let issued = try TestAuthority().issue(request)
        try installation.write("tls.pem", issued.certificate)
        try installation.write("tls.key", issued.key)
        let findings = await installation.findings()
        #expect(findings.status(of: .tokensNeverExpire) == .warn)
        #expect(findings.status(of: .serverCertificate) == .warn)
        for text in findings.flatMap({ [$0.line, $0.title, $0.detail, $0.remedy ?? ""] }) {
            #expect(!text.unicodeScalars.contains(where: PlainText.isControl))
        }
    }

    @Test("A file that belongs to somebody else is doubted", .enabled(if: geteuid() == 0))
    func foreignOwner() async throws {
        let installation = try Installation()
        try FileManager.default.setAttributes([.ownerAccountID: 12345], ofItemAtPath: installation.path("secret"))
        let findings = await installation.findings()
        #expect(findings.status(of: .secretFile) == .warn)
        #expect(findings.text(of: .secretFile).contains("12345"))
    }

    @Test("What a link leads to is looked at, with the folders on both ways")
    func links() async throws {
        let installation = try Installation()
        try FileManager.default.createDirectory(
            atPath: installation.path("open"), withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o777])
        try installation.chmod("open", 0o777)
        try FileManager.default.moveItem(atPath: installation.path("secret"), toPath: installation.path("open/secret"))
        try FileManager.default.createSymbolicLink(
            atPath: installation.path("secret"), withDestinationPath: installation.path("open/secret"))
        let findings = await installation.findings()
        #expect(findings.status(of: .secretFile) == .fail)
        #expect(findings.text(of: .secretFile).contains("/open "))
    }

    @Test("As JSON a checkup has its counts and every finding")
    func json() async throws {
        let installation = try Installation()
        installation.configuration.http.auth.enabled = false
        let findings = await installation.findings()
        let json = findings.json
        #expect(json["ok"] == false)
        #expect(json["counts"]?["fail"] == 1)
        #expect(json["findings"]?[0]?["id"] == "configuration.valid")
        #expect(json["findings"]?[0]?["remedy"] == .null)
    }

    @Test("A rotated token is as young as its text")
    func rotation() async throws {
        let installation = try Installation()
        let made = installation.now - .seconds(100 * 86400)
        let (record, _) = try installation.tokens.create(
            TokenRequest(expires: made + .seconds(300 * 86400)), at: made)
        _ = try installation.tokens.rotate(id: record.id, at: installation.now)
        let findings = await installation.findings()
        #expect(findings.status(of: .tokensOld) == .pass)
    }
}
