internal import SQLClassifier

/// The statements that make a role which only reads one database.
public struct ReaderPlan: Sendable {
    /// One statement, and why it is there.
    public struct Statement: Sendable, Hashable {
        /// Whom a statement touches.
        public enum Reach: Sendable, Hashable {
            /// The new role alone.
            case role
            /// Everybody in the database: what PUBLIC may do, the new role may.
            case everybody
            /// The callers of a function that somebody wrote: never run from here.
            case application
        }

        /// Whom it touches.
        public let reach: Reach
        /// Why it is there: lines for a comment before it; empty when the one before says it.
        public let reason: String
        /// The statement, without a semicolon.
        public let sql: String
    }

    /// The role.
    public let role: String
    /// The database's name on the server.
    public let database: String
    /// The schemas that the role may read.
    public let schemas: [String]
    /// The statements in their order. The password's verifier is not in them.
    public let statements: [Statement]
    /// What the plan could not do.
    public let warnings: [String]

    /// The statements that are run.
    ///
    /// - Parameters:
    ///   - verifier: The password's SCRAM verifier; nil for a role without a password.
    ///   - revokesFromPublic: Whether those that touch everybody are run too.
    public func run(verifier: String?, revokesFromPublic: Bool) -> [String] {
        statements.enumerated().compactMap { index, statement in
            switch statement.reach {
            case .application: nil
            case .everybody where !revokesFromPublic: nil
            default: index == 0 ? Self.withPassword(statement.sql, verifier) : statement.sql
            }
        }
    }

    /// The plan as a script for psql: what is not meant to run is a comment.
    ///
    /// - Parameters:
    ///   - verifier: The password's SCRAM verifier; nil for a role without a password yet.
    ///   - revokesFromPublic: Whether those that touch everybody are not comments.
    public func script(verifier: String?, revokesFromPublic: Bool) -> String {
        var text = """
            -- A role that only reads database \(PlainText.escaped(Identifier.quote(database))): run it there as a superuser, or as the owner
            -- of the database and of its schemas who may create roles.
            \\set ON_ERROR_STOP on
            BEGIN;
            \(Self.searchPath);

            """
        var reach = Statement.Reach.role
        for (index, statement) in statements.enumerated() {
            if statement.reach != reach {
                text += Self.heading(statement.reach, isRun: revokesFromPublic)
                reach = statement.reach
            }
            for line in statement.reason.split(separator: "\n") { text += "-- \(PlainText.escaped(String(line)))\n" }
            var sql = (index == 0 ? Self.withPassword(statement.sql, verifier) : statement.sql) + ";"
            let isRun = statement.reach == .role || (statement.reach == .everybody && revokesFromPublic)
            // A name may hold a line end, which would end the comment.
            if !isRun { sql = "-- " + PlainText.escaped(sql) }
            text += sql + "\n"
        }
        text += "COMMIT;\n"
        if verifier == nil {
            text += "\n-- The password, computed here by psql, so that it is in no log of the server:\n"
            text += "-- \\password \(PlainText.escaped(Identifier.quote(role)))\n"
        }
        for warning in warnings { text += "-- Note: \(PlainText.escaped(warning))\n" }
        return text
    }

    /// With it every name below is the server's own, or is written with its schema.
    static let searchPath = "SET LOCAL search_path = pg_catalog, pg_temp"

    private static func withPassword(_ sql: String, _ verifier: String?) -> String {
        verifier.map { "\(sql) PASSWORD \(Self.literal($0))" } ?? sql
    }

    private static func heading(_ reach: Statement.Reach, isRun: Bool) -> String {
        switch reach {
        case .role: ""
        case .everybody:
            """

            -- What follows takes something from PUBLIC, which is every role of this database\(isRun ? "." : ": left out here.")
            -- Without it the new role could do these things too, as every role can. Other programs may need them: GRANT
            -- them to the roles of those programs first.

            """
        case .application:
            """

            -- Functions that somebody wrote, that everybody may call, and that run with their owner's rights: look at each. They
            -- are never revoked from here, since the program that they belong to may need them.

            """
        }
    }

    /// A string constant, exact whatever `standard_conforming_strings` is.
    static func literal(_ text: String) -> String {
        var quoted = text.unicodeScalars.contains("\\") ? " E'" : "'"
        for scalar in text.unicodeScalars {
            if scalar == "'" || scalar == "\\" { quoted.unicodeScalars.append(scalar) }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "'"
    }
}
