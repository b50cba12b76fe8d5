internal import Logging
internal import PGConnector
internal import Synchronization

/// Looks once at what the role of a database could do, before the database is first used, and again when the oldest of its
/// connections would have been replaced: warns of what it finds, and refuses where `require_least_privilege` says so.
///
/// Once it has looked, asking costs a lock and no round trip.
final class PrivilegeCheck: Sendable {
    private struct State {
        var report: PrivilegeReport?
        /// When to look again; nil before the first look.
        var lookAgain: ContinuousClock.Instant?
        /// What was last said in the log.
        var warned: PrivilegeReport?
        var saidUnknown = false
    }

    /// How long a database is refused before its role is looked at again.
    private static let patience: Duration = .seconds(30)

    private let database: String
    private let isRequired: Bool
    private let allowWrites: Bool
    private let lifetime: Duration
    private let logger: Logger
    private let state = Mutex(State())

    init(_ configuration: DatabaseConfiguration, logger: Logger) {
        database = configuration.name
        isRequired = configuration.requireLeastPrivilege
        allowWrites = configuration.allowWrites
        lifetime = configuration.pool.lifetime
        self.logger = logger
    }

    /// Lets a call through, or says why the database is not served.
    ///
    /// - Parameter look: Asks the server.
    /// - Throws: ``QueryFailure`` of the kind `excessPrivileges`; what the database says when it cannot be asked at all.
    func admit(_ look: () async throws -> PrivilegeReport) async throws {
        let (known, claim) = state.withLock { state -> (PrivilegeReport?, Claim?) in
            let now = ContinuousClock.now
            let before = state.lookAgain
            guard before.map({ $0 <= now }) ?? true else { return (state.report, nil) }
            // One caller looks again; the others go by what is known. Before the first look there is nothing to go by.
            if state.report != nil { state.lookAgain = now + lifetime }
            return (state.report, Claim(before: before, since: state.lookAgain))
        }
        guard let claim else { return try judge(known) }
        do {
            let report: PrivilegeReport
            do {
                report = try await look()
            } catch {
                // Who did not find out anything leaves it to the next call.
                state.withLock { state in
                    if state.lookAgain == claim.since { state.lookAgain = claim.before }
                }
                throw error
            }
            note(report)
            try judge(report)
        } catch let failure as QueryFailure where failure.isExcessPrivileges {
            throw failure
        } catch let failure as QueryFailure {
            switch failure.kind {
            // The call itself would fail in the same way.
            case .unavailable, .poolFull, .cancelled: throw failure
            default: try noteUnknown(failure)
            }
        }
    }

    /// The turn of one caller to look again.
    private struct Claim {
        /// When it was due.
        let before: ContinuousClock.Instant?
        /// When it is due while the caller looks.
        let since: ContinuousClock.Instant?
    }

    /// What was found when the server was last asked.
    var known: PrivilegeReport? { state.withLock { $0.report } }

    private func judge(_ report: PrivilegeReport?) throws(QueryFailure) {
        guard isRequired, let report else { return }
        let blocking = report.blocking(allowWrites: allowWrites)
        if !blocking.isEmpty { throw .excessPrivileges(blocking, report) }
    }

    /// Keeps a report, and warns of it unless that was done.
    func note(_ report: PrivilegeReport) {
        let isNews = state.withLock { state in
            state.report = report
            // What is refused is looked at again soon: whoever mended the role should not have to wait, or restart.
            let isRefused = isRequired && !report.blocking(allowWrites: allowWrites).isEmpty
            state.lookAgain = .now + (isRefused ? min(lifetime, Self.patience) : lifetime)
            state.saidUnknown = false
            defer { state.warned = report }
            return state.warned != report
        }
        guard isNews, !report.isLeast else { return }
        let texts = report.findings.filter { $0.severity != .note }.map { finding in
            finding.text + (finding.nameList.map { " (\($0))" } ?? "")
        }
        logger.warning(
            "the role of a database may do more than read",
            metadata: [
                "database": "\(database)", "role": "\(PlainText.escaped(report.loginRole))",
                "findings": "\(texts.joined(separator: "; "))",
                "help": "agentctl db privileges, agentctl db create-reader",
            ])
    }

    /// The server answered, but not the question.
    private func noteUnknown(_ failure: QueryFailure) throws(QueryFailure) {
        let isNews = state.withLock { state in
            // Where it has to be known it is asked for again at the next call.
            if !isRequired { state.lookAgain = .now + lifetime }
            defer { state.saidUnknown = true }
            return !state.saidUnknown
        }
        if isNews {
            logger.warning(
                "what the role of a database could do is not known",
                metadata: ["database": "\(database)", "detail": "\(PlainText.escaped(failure.description))"])
        }
        guard isRequired else { return }
        throw QueryFailure(
            .excessPrivileges,
            "Database \"\(database)\" is not served: require_least_privilege is on, and what its role could do cannot be "
                + "found out. The operator of this server sees more in its log.",
            operatorDetail: failure.operatorDetail ?? failure.description)
    }
}

extension QueryFailure {
    fileprivate var isExcessPrivileges: Bool {
        if case .excessPrivileges = kind { true } else { false }
    }

    /// The database is not served, since its role could do too much.
    static func excessPrivileges(_ blocking: [PrivilegeFinding], _ report: PrivilegeReport) -> QueryFailure {
        // Roles and tables have names that anybody may have chosen: these are for the log.
        var text = "Database \"\(report.database)\" is not served: require_least_privilege is on, and its role "
        text += blocking.map(\.text).joined(separator: "; ")
        text +=
            ".\nNothing was run. The operator of this server mends it: agentctl db privileges names each of these and "
        text += "how to take it away, agentctl db create-reader makes a role that only reads."
        let details = blocking.map { finding in
            finding.text + (finding.nameList.map { " (\($0))" } ?? "") + ": " + PlainText.escaped(finding.remedy)
        }
        return QueryFailure(
            .excessPrivileges, text,
            operatorDetail: "role \(PlainText.escaped(report.loginRole)): " + details.joined(separator: "; "))
    }
}
