/// What is asked about a role. `$1` is its name; each statement returns a few rows, and counts what it leaves out.
///
/// A role counts as having what any role has that it is a member of, in whatever way: without INHERIT it is one `SET ROLE`
/// away, and with nothing but ADMIN OPTION one `GRANT`. So grants are read from the access lists, since
/// `has_table_privilege` sees inherited ones only.
enum PrivilegeQueries {
    /// Goes first: from then on every name and operator is the server's own, whatever the search path of the role.
    static let prelude = "SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)"

    /// Whether the holder of a grant is the role, one that it could become, or everybody.
    private static func reaches(_ grantee: String) -> String {
        "(\(grantee) = 0::oid OR pg_has_role($1::name, \(grantee), 'MEMBER'))"
    }

    private static let most = PrivilegeFinding.mostNames

    /// The role that logs in and the role that statements run as.
    static let session = "SELECT session_user, current_user"

    /// The role itself first, then the roles that it could become: those with an attribute that is dangerous.
    static let attributes = """
        SELECT r.rolname = $1::name, quote_ident(r.rolname), r.rolsuper, r.rolcreaterole, r.rolreplication, \
        r.rolbypassrls, r.rolcreatedb FROM pg_roles AS r \
        WHERE (r.rolsuper OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls OR r.rolcreatedb) \
        AND pg_has_role($1::name, r.oid, 'MEMBER') ORDER BY r.rolname <> $1::name, r.rolname LIMIT 50
        """

    /// Predefined roles (`$2`), each with the members through which the role has it.
    static let predefined = """
        SELECT r.rolname, (SELECT string_agg(quote_ident(m.rolname), ', ') FROM (SELECT g.rolname \
        FROM pg_auth_members AS a JOIN pg_roles AS g ON g.oid = a.member \
        WHERE a.roleid = r.oid AND pg_has_role($1::name, g.oid, 'MEMBER') ORDER BY 1 LIMIT \(most)) AS m) \
        FROM pg_roles AS r WHERE r.rolname = ANY ($2::name[]) AND pg_has_role($1::name, r.oid, 'MEMBER')
        """

    /// What the role owns: `d` the database, `n` schemas, `c` relations.
    static let owned = """
        (SELECT 'd', quote_ident(d.datname), 1::bigint FROM pg_database AS d WHERE d.datname = current_database() \
        AND pg_has_role($1::name, d.datdba, 'MEMBER')) \
        UNION ALL (SELECT 'n', quote_ident(n.nspname), count(*) OVER () FROM pg_namespace AS n \
        WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND pg_has_role($1::name, n.nspowner, 'MEMBER') \
        ORDER BY n.nspname LIMIT \(most)) \
        UNION ALL (SELECT 'c', c.oid::regclass::text, count(*) OVER () FROM pg_class AS c \
        JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_(temp|toast)' \
        AND c.relkind = ANY ('{r,p,f,v,m,S}') AND pg_has_role($1::name, c.relowner, 'MEMBER') ORDER BY 2 LIMIT \(most))
        """

    /// Tables that the role may write to and does not own, with what it may do and whether everybody may.
    /// `pg_settings` is left out: an UPDATE of it is a SET.
    static let tables = """
        SELECT x.oid::regclass::text, string_agg(DISTINCT x.privilege_type, ', '), bool_or(x.grantee = 0::oid), \
        count(*) OVER () FROM (SELECT c.oid, a.privilege_type, a.grantee FROM pg_class AS c, aclexplode(c.relacl) AS a \
        WHERE c.relkind = ANY ('{r,p,f,v,m}') AND NOT pg_has_role($1::name, c.relowner, 'MEMBER') \
        UNION ALL SELECT c.oid, a.privilege_type, a.grantee FROM pg_attribute AS t \
        JOIN pg_class AS c ON c.oid = t.attrelid, aclexplode(t.attacl) AS a WHERE t.attacl IS NOT NULL \
        AND NOT pg_has_role($1::name, c.relowner, 'MEMBER')) AS x \
        WHERE x.privilege_type = ANY ('{INSERT,UPDATE,DELETE,TRUNCATE,TRIGGER,MAINTAIN}') \
        AND x.oid <> 'pg_settings'::regclass AND \(reaches("x.grantee")) GROUP BY x.oid ORDER BY 1 LIMIT \(most)
        """

    /// Sequences that the role may advance or set and does not own.
    static let sequences = """
        SELECT c.oid::regclass::text, bool_or(a.grantee = 0::oid), count(*) OVER () \
        FROM pg_class AS c, aclexplode(c.relacl) AS a WHERE c.relkind = 'S' \
        AND a.privilege_type = ANY ('{USAGE,UPDATE}') AND NOT pg_has_role($1::name, c.relowner, 'MEMBER') \
        AND \(reaches("a.grantee")) GROUP BY c.oid ORDER BY 1 LIMIT \(most)
        """

    /// Schemas (`n`) and the database (`d`) in which the role may create something.
    static let creation = """
        (SELECT 'n', quote_ident(n.nspname), 'CREATE', bool_or(a.grantee = 0::oid), count(*) OVER () \
        FROM pg_namespace AS n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS a \
        WHERE a.privilege_type = 'CREATE' AND n.nspname !~ '^pg_(temp|toast)' \
        AND NOT pg_has_role($1::name, n.nspowner, 'MEMBER') AND \(reaches("a.grantee")) \
        GROUP BY n.nspname ORDER BY n.nspname LIMIT \(most)) \
        UNION ALL (SELECT 'd', quote_ident(d.datname), a.privilege_type, bool_or(a.grantee = 0::oid), 1 \
        FROM pg_database AS d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS a \
        WHERE d.datname = current_database() AND a.privilege_type = ANY ('{CREATE,TEMPORARY}') \
        AND \(reaches("a.grantee")) GROUP BY d.datname, a.privilege_type ORDER BY 3)
        """

    /// How many large objects the role may write to, up to 1,000, and whether their permissions are heeded at all.
    static let largeObjects = """
        SELECT (SELECT count(*) FROM (SELECT FROM pg_largeobject_metadata AS m \
        WHERE pg_has_role($1::name, m.lomowner, 'MEMBER') OR EXISTS (SELECT FROM aclexplode(m.lomacl) AS a \
        WHERE a.privilege_type = 'UPDATE' AND \(reaches("a.grantee"))) LIMIT 1000) AS l), \
        current_setting('lo_compat_privileges')
        """

    /// Functions that the policy refuses (`$2`) and the role may call, and whether everybody may.
    static let functions = """
        SELECT p.proname, bool_or(a.grantee = 0::oid) FROM pg_proc AS p \
        JOIN pg_namespace AS n ON n.oid = p.pronamespace, \
        aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a \
        WHERE p.proname = ANY ($2::name[]) AND a.privilege_type = 'EXECUTE' AND \(reaches("a.grantee")) \
        AND (n.nspname = 'pg_catalog' OR EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass \
        AND d.objid = p.oid AND d.deptype = 'e')) GROUP BY p.proname ORDER BY p.proname
        """

    /// Volatile functions that run as their owner, that the role may call and does not own.
    static let securityDefiner = """
        SELECT p.oid::regprocedure::text, count(*) OVER () FROM pg_proc AS p WHERE p.prosecdef AND p.provolatile = 'v' \
        AND p.prorettype <> ALL ('{trigger,event_trigger}'::regtype[]) AND NOT pg_has_role($1::name, p.proowner, 'MEMBER') \
        AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a \
        WHERE a.privilege_type = 'EXECUTE' AND \(reaches("a.grantee"))) \
        AND EXISTS (SELECT FROM pg_namespace AS n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS a \
        WHERE n.oid = p.pronamespace AND a.privilege_type = 'USAGE' AND \(reaches("a.grantee"))) ORDER BY 1 LIMIT \(most)
        """

    /// Catalogs with secrets that the role was granted, in whole or by column.
    static let secrets = """
        SELECT DISTINCT x.oid::regclass::text FROM (SELECT c.oid, a.privilege_type, a.grantee \
        FROM pg_class AS c, aclexplode(c.relacl) AS a UNION ALL SELECT t.attrelid, a.privilege_type, a.grantee \
        FROM pg_attribute AS t, aclexplode(t.attacl) AS a WHERE t.attname = ANY ('{rolpassword,passwd,umoptions,data}')) \
        AS x WHERE x.oid = ANY ('{pg_authid,pg_shadow,pg_user_mapping,pg_largeobject}'::regclass[]) \
        AND x.privilege_type = 'SELECT' AND \(reaches("x.grantee")) ORDER BY 1
        """

    /// Settings that the role may change for the whole server (from PostgreSQL 15).
    static let parameters = """
        SELECT p.parname, count(*) OVER () FROM pg_parameter_acl AS p, aclexplode(p.paracl) AS a \
        WHERE a.privilege_type = 'ALTER SYSTEM' AND \(reaches("a.grantee")) GROUP BY p.parname ORDER BY 1 LIMIT \(most)
        """
}
