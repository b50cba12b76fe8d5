internal import AuthTokens

/// The points about tokens.
struct TokenPoints {
    private let subject: CheckupSubject
    private var now: Timestamp { subject.now }

    init(_ subject: CheckupSubject) {
        self.subject = subject
    }

    func findings() -> [Finding] {
        guard subject.servesHTTP, subject.configuration.http.auth.enabled else { return [] }
        let store: TokenStore
        do throws(AccountError) {
            store = try TokenStore(files: subject.files)
        } catch {
            return [
                Finding(
                    .tokensReadable, .fail, error.description,
                    remedy: "mend the file; agentd refuses to start, and a running one keeps the tokens of before")
            ]
        }
        let held = store.records.filter { $0.revoked == nil }
        let active = held.filter { $0.state(at: now) == .active }
        return [Finding(.tokensReadable, .pass, Self.count(store.records.count, "token")), presence(active)]
            + (store.records.isEmpty ? [] : age(held, active, store.lastUses) + power(active))
    }

    /// `1 token`, `2 tokens`.
    static func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }

    private func presence(_ active: [TokenRecord]) -> Finding {
        if !active.isEmpty { return Finding(.tokensPresent, .pass, "\(Self.count(active.count, "token")) accepted") }
        if subject.configuration.http.auth.oauth.issuer != nil { return Finding(.tokensPresent, .pass, "OAuth") }
        if let users = try? UserFile(path: subject.configuration.http.auth.userFile).load(), !users.isEmpty {
            return Finding(.tokensPresent, .pass, Self.count(users.count, "user"))
        }
        return Finding(
            .tokensPresent, .warn, "no token holds, there is no user, and no OAuth: nobody can call",
            remedy: "agentctl token create --note NAME")
    }

    private func age(
        _ held: [TokenRecord], _ active: [TokenRecord], _ uses: [String: Timestamp]
    ) -> [Finding] {
        let day: Int64 = 86400
        let unusedSince = Timestamp(seconds: now.seconds - RotationCalendar.unused * day)
        return [
            judge(
                .tokensExpired, held.filter { $0.state(at: now) == .expired }, "expired",
                remedy: "agentctl token revoke ID"),
            judge(
                .tokensNeverExpire, active.filter { $0.expires == nil }, "never expire",
                remedy: "agentctl token rotate ID --expires 90d"),
            judge(
                .tokensLongLived,
                active.filter { token in
                    token.expires.map { $0.seconds - now.seconds > RotationCalendar.year * day } ?? false
                }, "live for more than a year", remedy: "agentctl token rotate ID --expires 90d"),
            judge(
                .tokensUnused, active.filter { max(uses[$0.id] ?? $0.created, $0.created) < unusedSince },
                "were not used for \(RotationCalendar.unused) days", remedy: "agentctl token revoke ID"),
            judge(
                .tokensOld,
                active.filter { now.seconds - ($0.rotated ?? $0.created).seconds > RotationCalendar.quarter * day },
                "are older than a quarter", remedy: "agentctl token rotate ID"),
        ]
    }

    private func power(_ active: [TokenRecord]) -> [Finding] {
        let known = Set(subject.configuration.databases.map(\.name))
        return [
            judge(
                .tokensAdmin, active.filter { $0.scopes.contains(.admin) }, "have the scope admin",
                remedy: "administer with agentctl, or keep one token of short life"),
            judge(
                .tokensApprove, active.filter { $0.scopes.isSuperset(of: [.approve, .write]) },
                "write and approve what they write",
                remedy: "revoke the token; give approve to a token of a person who does not write with it"),
            judge(
                .tokensDatabases,
                active.filter { token in token.databases.map { !known.isSuperset(of: $0) } ?? false },
                "name a database that is not configured", remedy: "agentctl token revoke ID"),
        ]
    }

    private func judge(_ point: CheckPoint, _ tokens: [TokenRecord], _ what: String, remedy: String) -> Finding {
        guard !tokens.isEmpty else { return Finding(point, .pass, "none \(what)") }
        let most = 5
        // Notes are words of people, and cut: an id finds the token.
        let names = tokens.prefix(most).map { token in
            token.note.isEmpty ? token.id : "\(token.id) \(PlainText.excerpt(token.note, limit: 30))"
        }
        let more = tokens.count > most ? " and \(tokens.count - most) more" : ""
        return Finding(point, .warn, "\(tokens.count) \(what): \(names.joined(separator: ", "))\(more)", remedy: remedy)
    }
}
