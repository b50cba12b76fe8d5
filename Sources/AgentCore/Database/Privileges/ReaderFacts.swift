internal import PGConnector

/// What has to be known of a database before a role that only reads it can be made.
struct ReaderFacts: Sendable {
    /// Something with an access list, and who owns it where that matters.
    struct Named: Sendable, Hashable {
        var name: String
        var detail = ""
    }

    var database = ""
    var administrator = ""
    var roleExists = false
    /// The schemas that were asked for, or all that are nobody's own system.
    var schemas: [String] = []
    /// Who owns relations in these schemas; `detail` is `t` when the administrator may act for them.
    var owners: [(schema: String, role: String, isReachable: Bool)] = []
    /// What PUBLIC may do in the database: `CREATE`, `TEMPORARY`.
    var publicDatabase: [String] = []
    var publicSchemas: [String] = []
    var publicTables: [Named] = []
    var publicSequences: [String] = []
    /// Functions that the policy refuses and PUBLIC may call: signature and name.
    var publicFunctions: [Named] = []
    var securityDefiner: [String] = []
    /// Foreign tables of the schemas whose wrapper reads files or runs programs on the server.
    var fileTables: [String] = []

    /// The most of each kind.
    static let most = 2000

    /// Asks for them.
    ///
    /// - Parameters:
    ///   - connection: In a transaction whose search path is `pg_catalog`.
    ///   - role: The role to be made.
    ///   - schemas: The schemas that it shall read; empty for all but the system's.
    static func read(_ connection: PGConnection, role: String, schemas: [String]) async throws -> ReaderFacts {
        func ask(_ sql: String, _ parameters: [PGParameter] = []) async throws -> [PGRow] {
            try await connection.execute(sql + " LIMIT \(most)", parameters).rows
        }
        var facts = ReaderFacts()
        let names = PGParameter.text(ArrayLiteral.of(schemas))
        let first = try await ask(
            """
            SELECT current_database(), current_user, EXISTS (SELECT FROM pg_roles WHERE rolname = $1::name)
            """, [.text(role)]
        ).first
        facts.database = first?.string(0) ?? ""
        facts.administrator = first?.string(1) ?? ""
        facts.roleExists = first?.string(2) == "t"
        facts.schemas = try await ask(
            """
            SELECT n.nspname FROM pg_namespace AS n WHERE CASE WHEN $1::name[] = '{}' THEN n.nspname !~ '^pg_' \
            AND n.nspname <> 'information_schema' ELSE n.nspname = ANY ($1::name[]) END ORDER BY n.nspname
            """, [names]
        ).compactMap { $0.string(0) }
        let chosen = PGParameter.text(ArrayLiteral.of(facts.schemas))
        facts.owners = try await ask(
            """
            SELECT n.nspname, r.rolname, pg_has_role(current_user, r.oid, 'USAGE') FROM pg_class AS c \
            JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_roles AS r ON r.oid = c.relowner \
            WHERE n.nspname = ANY ($1::name[]) AND c.relkind = ANY ('{r,p,f,v,m}') \
            GROUP BY n.nspname, r.rolname, r.oid ORDER BY n.nspname, r.rolname
            """, [chosen]
        ).map { ($0.string(0) ?? "", $0.string(1) ?? "", $0.string(2) == "t") }
        facts.publicDatabase = try await ask(
            """
            SELECT a.privilege_type FROM pg_database AS d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS a \
            WHERE d.datname = current_database() AND a.grantee = 0::oid AND a.privilege_type <> 'CONNECT' ORDER BY 1
            """
        ).compactMap { $0.string(0) }
        facts.publicSchemas = try await ask(
            """
            SELECT n.nspname FROM pg_namespace AS n, aclexplode(n.nspacl) AS a WHERE a.grantee = 0::oid \
            AND a.privilege_type = 'CREATE' AND n.nspname !~ '^pg_(temp|toast)' ORDER BY 1
            """
        ).compactMap { $0.string(0) }
        facts.publicTables = try await ask(
            """
            SELECT c.oid::regclass::text, string_agg(DISTINCT a.privilege_type, ', ') FROM pg_class AS c, \
            aclexplode(c.relacl) AS a WHERE c.relkind = ANY ('{r,p,f,v,m}') AND a.grantee = 0::oid \
            AND a.privilege_type = ANY ('{INSERT,UPDATE,DELETE,TRUNCATE,TRIGGER,MAINTAIN}') \
            AND c.oid <> 'pg_settings'::regclass GROUP BY c.oid ORDER BY 1
            """
        ).map { Named(name: $0.string(0) ?? "", detail: $0.string(1) ?? "") }
        facts.publicSequences = try await ask(
            """
            SELECT DISTINCT c.oid::regclass::text FROM pg_class AS c, aclexplode(c.relacl) AS a WHERE c.relkind = 'S' \
            AND a.grantee = 0::oid AND a.privilege_type = ANY ('{USAGE,UPDATE}') ORDER BY 1
            """
        ).compactMap { $0.string(0) }
        facts.publicFunctions = try await ask(
            """
            SELECT p.oid::regprocedure::text, p.proname FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace, \
            aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a WHERE p.proname = ANY ($1::name[]) \
            AND a.grantee = 0::oid AND (n.nspname = 'pg_catalog' OR EXISTS (SELECT FROM pg_depend AS d \
            WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')) ORDER BY p.proname, 1
            """, [.text(ArrayLiteral.of(RefusedFunctions.why.keys.sorted()))]
        ).map { Named(name: $0.string(0) ?? "", detail: $0.string(1) ?? "") }
        facts.securityDefiner = try await ask(
            """
            SELECT p.oid::regprocedure::text FROM pg_proc AS p WHERE p.prosecdef AND p.provolatile = 'v' \
            AND p.prorettype <> ALL ('{trigger,event_trigger}'::regtype[]) AND EXISTS (SELECT \
            FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a WHERE a.grantee = 0::oid) ORDER BY 1
            """
        ).compactMap { $0.string(0) }
        facts.fileTables = try await ask(
            """
            SELECT c.oid::regclass::text FROM pg_foreign_table AS t JOIN pg_class AS c ON c.oid = t.ftrelid \
            JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_foreign_server AS s ON s.oid = t.ftserver \
            JOIN pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw JOIN pg_proc AS p ON p.oid = w.fdwhandler \
            WHERE p.proname = 'file_fdw_handler' AND n.nspname = ANY ($1::name[]) ORDER BY 1
            """, [chosen]
        ).compactMap { $0.string(0) }
        return facts
    }
}
