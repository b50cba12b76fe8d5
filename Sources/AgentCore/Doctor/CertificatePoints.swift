internal import AuthTokens

/// The points about certificates.
struct CertificatePoints {
    private let subject: CheckupSubject

    init(_ subject: CheckupSubject) {
        self.subject = subject
    }

    func findings() -> [Finding] {
        [server].compactMap(\.self) + databases
    }

    private var server: Finding? {
        let http = subject.configuration.http
        guard subject.servesHTTP, let file = http.tls.certFile else { return nil }
        let names = http.allowedHosts.map(Self.hostName).filter {
            !$0.isEmpty && $0 != "*" && !AddressReach.isLoopback(host: $0)
        }
        let check = CertificateCheck(
            certificateFile: file, keyFile: http.tls.keyFile, chainFile: http.tls.chainFile, names: names,
            warnDays: subject.certificateWarnDays)
        return finding(.serverCertificate, check.report(at: subject.now))
    }

    private var databases: [Finding] {
        subject.configuration.databases.flatMap { database -> [Finding] in
            var findings: [Finding] = []
            if let file = database.sslcert {
                let check = CertificateCheck(
                    certificateFile: file, keyFile: database.sslkey, warnDays: subject.certificateWarnDays,
                    isServer: false)
                findings.append(finding(.databaseCertificates, check.report(at: subject.now), subject: database.name))
            }
            if let file = database.sslrootcert, file != "system" {
                let check = CertificateCheck(
                    certificateFile: file, warnDays: subject.certificateWarnDays, isServer: false)
                findings.append(
                    finding(.databaseCertificates, roots(check.report(at: subject.now)), subject: database.name))
            }
            return findings
        }
    }

    /// A bundle of authorities is good as long as one of them holds.
    private func roots(_ report: CertificateReport) -> CertificateReport {
        guard report.certificates.contains(where: { $0.notAfter > subject.now }) else { return report }
        let others = report.problems.filter { $0.code != .expired && $0.code != .weakSignature }
        return CertificateReport(
            file: report.file, certificates: report.certificates, keyMatches: report.keyMatches, problems: others)
    }

    private func finding(_ point: CheckPoint, _ report: CertificateReport, subject name: String? = nil) -> Finding {
        guard !report.problems.isEmpty else {
            let days = report.certificates.map { $0.daysLeft(at: subject.now) }.min() ?? 0
            return Finding(point, .pass, "\(report.file) holds for \(days) more days", subject: name)
        }
        let worst = report.isFine ? Finding.Status.warn : .fail
        let ordered =
            report.problems.filter { $0.severity == .fault } + report.problems.filter { $0.severity == .warning }
        return Finding(
            point, worst, ordered.prefix(5).map(\.text).joined(separator: "; "), remedy: ordered.first?.remedy,
            subject: name)
    }

    /// `agent.example.com` of `agent.example.com:8443`.
    private static func hostName(_ host: String) -> String {
        if host.hasPrefix("[") { return String(host.dropFirst().prefix { $0 != "]" }) }
        return host.count(where: { $0 == ":" }) == 1 ? String(host.prefix { $0 != ":" }) : host
    }
}
