internal import AuthTokens

/// The points about the people who sign in.
struct UserPoints {
    private let subject: CheckupSubject

    init(_ subject: CheckupSubject) {
        self.subject = subject
    }

    func findings() -> [Finding] {
        guard subject.servesHTTP, subject.configuration.http.auth.enabled else { return [] }
        let users: [UserRecord]
        do throws(AccountError) {
            users = try UserFile(path: subject.configuration.http.auth.userFile).load()
        } catch {
            if error.isMissing { return [none] }
            return [
                Finding(
                    .usersReadable, .fail, error.description,
                    remedy: "mend the file; agentd refuses to start, and a running one keeps the users of before")
            ]
        }
        let enabled = users.filter { $0.disabled == nil }
        guard !enabled.isEmpty else { return [none] }
        return [
            Finding(.usersReadable, .pass, TokenPoints.count(users.count, "user")), hashes(users), ages(enabled),
            admins(enabled),
        ]
    }

    /// Tokens alone may be meant: an agent for programs has no people.
    private var none: Finding {
        Finding(.usersPresent, .pass, "there are none: sign-in by token or OAuth only")
    }

    private func hashes(_ users: [UserRecord]) -> Finding {
        func work(_ cost: PasswordHash.Cost) -> Int { cost.blockSize * cost.parallelism << cost.cost }
        let weak = users.filter { work($0.password.cost) < work(.standard) }
        guard !weak.isEmpty else {
            let cost = PasswordHash.Cost.standard
            return Finding(.usersScrypt, .pass, "scrypt with at least N=2^\(cost.cost), r=\(cost.blockSize)")
        }
        return Finding(
            .usersScrypt, .fail, "guessed quickly, should the file leak: \(names(weak))",
            remedy: "agentctl user update NAME --password")
    }

    private func ages(_ users: [UserRecord]) -> Finding {
        let old = users.filter { (subject.now.seconds - $0.passwordChanged.seconds) / 86400 > RotationCalendar.year }
        guard !old.isEmpty else { return Finding(.usersPasswordAge, .pass, "within a year") }
        return Finding(
            .usersPasswordAge, .warn, "not for more than a year: \(names(old))",
            remedy: "agentctl user update NAME --password")
    }

    private func admins(_ users: [UserRecord]) -> Finding {
        let admins = users.filter { $0.scopes.contains(.admin) }
        guard admins.count > 3 else { return Finding(.usersAdmin, .pass, "\(admins.count)") }
        return Finding(
            .usersAdmin, .warn, "\(admins.count) people have the scope admin: \(names(admins))",
            remedy: "agentctl user update NAME --scope read")
    }

    private func names(_ users: [UserRecord]) -> String {
        let most = 5
        let more = users.count > most ? " and \(users.count - most) more" : ""
        return users.prefix(most).map(\.name).joined(separator: ", ") + more
    }
}
