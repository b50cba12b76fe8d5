internal import AuthTokens
internal import Logging

/// The security checklist as a program: looks at the configuration, the files, the certificates, the tokens, the users, the
/// machine and the live databases, and says of each point whether it is as it should be and how to mend it.
///
/// It changes nothing. Databases are asked at the same time, each within a limit; a dead one costs no more than that.
public struct Checkup: Sendable {
    private let subject: CheckupSubject
    private let registry: DatabaseRegistry?

    /// Prepares a checkup.
    ///
    /// - Parameters:
    ///   - subject: What to look at.
    ///   - databases: The databases of a running agent; `nil`: connections of the checkup's own, closed at its end.
    public init(_ subject: CheckupSubject, databases: DatabaseRegistry? = nil) {
        self.subject = subject
        registry = databases
    }

    /// Looks at every point.
    ///
    /// - Returns: The findings in the order of the checklist, those for a person last.
    public func run() async -> [Finding] {
        async let alive = databaseFindings()
        var findings = ConfigurationPoints(subject).findings()
        findings += HTTPPoints(subject).findings()
        findings += DatabaseSettingPoints(subject).findings()
        findings += FilePoints(subject).findings()
        findings += CertificatePoints(subject).findings()
        findings += TokenPoints(subject).findings()
        findings += UserPoints(subject).findings()
        findings += MachinePoints(subject).findings()
        findings += await alive
        return findings + PersonPoints.findings()
    }

    private func databaseFindings() async -> [Finding] {
        guard subject.asksDatabases else { return [] }
        if let registry { return await LiveDatabasePoints(subject).findings(registry.databases) }
        var configuration = subject.configuration
        for index in configuration.databases.indices {
            let wait = configuration.databases[index].pool.acquireTimeout
            configuration.databases[index].pool.acquireTimeout = min(wait, subject.databaseLimit)
            configuration.databases[index].pool.max = 1
            configuration.databases[index].pool.min = 0
        }
        let own = DatabaseRegistry(
            configuration: configuration, logger: Logger(label: "doctor") { _ in SwiftLogNoOpLogHandler() })
        let findings = await LiveDatabasePoints(subject).findings(own.databases)
        await own.shutdown()
        return findings
    }
}
