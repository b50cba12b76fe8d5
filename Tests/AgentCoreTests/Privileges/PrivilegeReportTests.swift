import Logging
import PGConnector
import TestSupport
import Testing

@testable import AgentCore

/// What a role was given, and what has to be found of it.
struct PrivilegeCase: Sendable, CustomTestStringConvertible {
    let code: PrivilegeFinding.Code
    let severity: PrivilegeFinding.Severity
    /// SQL with `ROLE` for the role.
    let sql: String
    /// A part of the names.
    var name: String?
    var minimumVersion = 140_000
    var testDescription: String { "\(code.rawValue): \(sql)" }

    static let all: [PrivilegeCase] = [
        .init(code: .superuser, severity: .critical, sql: "ALTER ROLE ROLE SUPERUSER"),
        .init(code: .createRole, severity: .critical, sql: "ALTER ROLE ROLE CREATEROLE"),
        .init(code: .replication, severity: .critical, sql: "ALTER ROLE ROLE REPLICATION"),
        .init(code: .bypassRowSecurity, severity: .critical, sql: "ALTER ROLE ROLE BYPASSRLS"),
        .init(code: .createDatabase, severity: .write, sql: "ALTER ROLE ROLE CREATEDB"),
        .init(
            code: .superuser, severity: .critical,
            sql: "CREATE ROLE ROLE_boss SUPERUSER; GRANT ROLE_boss TO ROLE; ALTER ROLE ROLE NOINHERIT", name: "_boss"),
        .init(code: .executeServerProgram, severity: .critical, sql: "GRANT pg_execute_server_program TO ROLE"),
        .init(
            code: .writeServerFiles, severity: .critical,
            sql: "CREATE ROLE ROLE_files; GRANT pg_write_server_files TO ROLE_files; GRANT ROLE_files TO ROLE"),
        .init(
            code: .readServerFiles, severity: .critical,
            sql: "ALTER ROLE ROLE NOINHERIT; GRANT pg_read_server_files TO ROLE WITH ADMIN OPTION"),
        .init(code: .writeAllData, severity: .write, sql: "GRANT pg_write_all_data TO ROLE"),
        .init(code: .signalBackends, severity: .write, sql: "GRANT pg_signal_backend TO ROLE"),
        .init(code: .checkpoint, severity: .write, sql: "GRANT pg_checkpoint TO ROLE", minimumVersion: 150_000),
        .init(code: .maintain, severity: .write, sql: "GRANT pg_maintain TO ROLE", minimumVersion: 170_000),
        .init(code: .readPasswordHashes, severity: .exposure, sql: "GRANT pg_read_all_data TO ROLE"),
        .init(
            code: .readPasswordHashes, severity: .exposure,
            sql: "GRANT SELECT (rolname, rolpassword) ON pg_authid TO ROLE",
            name: "pg_authid"),
        .init(code: .readSecrets, severity: .exposure, sql: "GRANT SELECT ON pg_user_mapping TO ROLE", name: "pg_user"),
        .init(
            code: .alterSystem, severity: .critical, sql: "GRANT ALTER SYSTEM ON PARAMETER work_mem TO ROLE",
            name: "work_mem", minimumVersion: 150_000),
        .init(code: .ownSchemas, severity: .write, sql: "CREATE SCHEMA ROLE_own AUTHORIZATION ROLE", name: "_own"),
        .init(
            code: .ownRelations, severity: .write,
            sql: "CREATE TABLE app.ROLE_own (x int); ALTER TABLE app.ROLE_own OWNER TO ROLE", name: "app."),
        .init(code: .writeTables, severity: .write, sql: "GRANT INSERT ON orders TO ROLE", name: "public.orders"),
        .init(
            code: .writeTables, severity: .write, sql: "GRANT UPDATE (total) ON orders TO ROLE", name: "public.orders"),
        .init(
            code: .writeTables, severity: .write,
            sql:
                "CREATE ROLE ROLE_w; GRANT TRUNCATE ON customers TO ROLE_w; GRANT ROLE_w TO ROLE; ALTER ROLE ROLE NOINHERIT",
            name: "public.customers"),
        .init(code: .createObjects, severity: .write, sql: "GRANT CREATE ON SCHEMA app TO ROLE", name: "app"),
        .init(code: .createInDatabase, severity: .write, sql: "GRANT CREATE ON DATABASE :\"DBNAME\" TO ROLE"),
        .init(code: .temporaryTables, severity: .write, sql: "SELECT 1"),
        .init(code: .sequences, severity: .write, sql: "GRANT USAGE ON SEQUENCE counter TO ROLE", name: "counter"),
        .init(
            code: .largeObjects, severity: .write,
            sql: "SELECT lo_create(0) AS lo \\gset \n GRANT UPDATE ON LARGE OBJECT :lo TO ROLE"),
        .init(code: .createLargeObjects, severity: .write, sql: "SELECT 1", name: "lo_creat"),
        .init(
            code: .securityDefiner, severity: .write,
            sql: "CREATE FUNCTION app.ROLE_f() RETURNS int LANGUAGE sql VOLATILE SECURITY DEFINER AS 'SELECT 1'; "
                + "GRANT USAGE ON SCHEMA app TO ROLE",
            name: "_f()"),
        .init(
            code: .serverFileFunctions, severity: .critical,
            sql: "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO ROLE",
            name: "pg_read_file"),
        .init(code: .refusedFunctions, severity: .note, sql: "SELECT 1"),
    ]
}

@Suite("What a role could do")
struct PrivilegeReportTests {
    static let shop = Result { try ShopDatabase.make() }

    @Test("Each privilege is found, whichever way the role has it", arguments: PrivilegeCase.all.indices)
    func found(index: Int) async throws {
        let shop = try Self.shop.get()
        let given = PrivilegeCase.all[index]
        let version = try Int(shop.psql("SHOW server_version_num")) ?? 0
        guard version >= given.minimumVersion else { return }
        let role = "priv_case_\(index)"
        try shop.psql(
            "CREATE ROLE \(role) LOGIN; "
                + given.sql.replacingOccurrences(of: "ROLE_", with: role + "_")
                .replacingRole(role))
        let database = shop.reconfigured { $0.user = role }
        let report = try await database.privilegeReport()
        let finding = try #require(report.findings.first { $0.code == given.code }, "\(report.findings.map(\.code))")
        #expect(finding.severity == given.severity)
        #expect(report.holds(given.code))
        #expect(!finding.remedy.isEmpty)
        if let name = given.name { #expect(finding.nameList?.contains(name) == true, "\(finding.nameList ?? "none")") }
        #expect(
            report.blocking(allowWrites: false).contains(finding)
                == (given.severity == .critical || given.severity == .write))
        #expect(report.blocking(allowWrites: true).contains(finding) == (given.severity == .critical))
        await database.shutdown()
    }

    @Test("Names are few, and the rest is counted")
    func bounded() async throws {
        let shop = try Self.shop.get()
        try shop.psql(
            """
            CREATE ROLE priv_many LOGIN; CREATE SCHEMA many;
            SELECT format('CREATE TABLE many.t%s (x int); GRANT INSERT ON many.t%s TO priv_many', n, n)
                FROM generate_series(1, 20) AS n \\gexec
            """)
        let database = shop.reconfigured { $0.user = "priv_many" }
        let finding = try #require(try await database.privilegeReport().findings.first { $0.code == .writeTables })
        #expect(finding.names.count == PrivilegeFinding.mostNames)
        #expect(finding.total == 20)
        #expect(finding.nameList?.hasSuffix(" and 15 more") == true)
        await database.shutdown()
    }

    @Test("With run_as_role it is the role that logs in that counts")
    func loginRole() async throws {
        let shop = try Self.shop.get()
        try shop.psql("CREATE ROLE priv_inner; GRANT SELECT ON log TO priv_inner")
        let database = shop.reconfigured { $0.runAsRole = "priv_inner" }
        let info = try await database.systemInfo()
        #expect(info.user == "priv_inner")
        #expect(info.privileges.holds(.superuser))
        #expect(info.privileges.loginRole == shop.fixture.superuser)
        #expect(info.privileges.role == "priv_inner")
        await database.shutdown()
    }

    @Test("A hostile name stays one line of plain text")
    func hostileName() async throws {
        let shop = try Self.shop.get()
        try shop.psql(
            "CREATE ROLE priv_hostile LOGIN; CREATE TABLE app.\"x\n\u{1B}[2J\u{202E}\" (x int); "
                + "GRANT INSERT ON app.\"x\n\u{1B}[2J\u{202E}\" TO priv_hostile")
        let database = shop.reconfigured { $0.user = "priv_hostile" }
        let finding = try #require(try await database.privilegeReport().findings.first { $0.code == .writeTables })
        let list = try #require(finding.nameList)
        #expect(!list.unicodeScalars.contains(where: PlainText.isControl))
        #expect(list.contains("x\\n\\u001b[2J\\u202e"))
        await database.shutdown()
    }
}

extension String {
    /// `ROLE` as a word of its own, where the grammar wants the role's name: the last word, or after TO, FOR and ROLE.
    fileprivate func replacingRole(_ role: String) -> String {
        var text = self
        for (from, to) in [
            ("ALTER ROLE ROLE", "ALTER ROLE \(role)"), ("TO ROLE", "TO \(role)"),
            ("AUTHORIZATION ROLE", "AUTHORIZATION \(role)"),
        ] {
            text = text.split(separator: from, omittingEmptySubsequences: false).joined(separator: to)
        }
        return text
    }

    fileprivate func replacingOccurrences(of from: String, with to: String) -> String {
        split(separator: from, omittingEmptySubsequences: false).joined(separator: to)
    }
}
