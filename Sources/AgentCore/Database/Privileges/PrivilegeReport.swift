/// What the role of a database's connections could do if the guard were not there.
///
/// It is about the role that logs in, with every role that it could become by `SET ROLE`: what `run_as_role` gives up,
/// `RESET ROLE` takes back.
public struct PrivilegeReport: Sendable, Hashable {
    /// The configured name of the database.
    public let database: String
    /// The role that logs in.
    public let loginRole: String
    /// The role that statements run as.
    public let role: String
    /// What was found, the worst first.
    public let findings: [PrivilegeFinding]

    init(database: String, loginRole: String, role: String, findings: [PrivilegeFinding]) {
        self.database = database
        self.loginRole = loginRole
        self.role = role
        let order = PrivilegeFinding.Severity.allCases
        self.findings = findings.enumerated()
            .sorted {
                let left = order.firstIndex(of: $0.element.severity) ?? 0
                let right = order.firstIndex(of: $1.element.severity) ?? 0
                return (left, $0.offset) < (right, $1.offset)
            }
            .map(\.element)
    }

    /// Whether the role can do no more than reading needs.
    public var isLeast: Bool { findings.allSatisfy { $0.severity == .note } }

    /// Whether the role has a privilege; a superuser has each.
    public func holds(_ code: PrivilegeFinding.Code) -> Bool {
        findings.contains { $0.code == code || $0.code == .superuser }
    }

    /// The findings for which `require_least_privilege` refuses to serve the database.
    ///
    /// - Parameter allowWrites: Whether the configuration allows writes: then a role may write, and only what makes it as
    ///   good as a superuser counts.
    public func blocking(allowWrites: Bool) -> [PrivilegeFinding] {
        findings.filter { $0.severity == .critical || (!allowWrites && $0.severity == .write) }
    }

    /// The findings with words for programs, the worst first.
    public var held: [String] { findings.filter { $0.severity != .note }.map(\.code.rawValue) }
}
