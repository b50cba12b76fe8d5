/// What is read of the catalog to know what a statement could run. Nothing of a caller is in these texts, and every name
/// and operator is spelled with its schema.
enum PolicyQueries {
    /// The search path of the session.
    static let searchPath = """
        SELECT s.name FROM pg_catalog.unnest(pg_catalog.current_schemas(true)) WITH ORDINALITY AS s(name, place) \
        ORDER BY s.place
        """

    /// All functions that users made, and those of the server that a list names or that are volatile.
    ///
    /// `$1`: names of functions of the server; `$2`: the most bytes of a body.
    static let functions = """
        SELECT p.oid, p.proname, n.nspname, p.provolatile, p.pronargs, p.pronargdefaults, \
        p.provariadic OPERATOR(pg_catalog.<>) 0::pg_catalog.oid, pg_catalog.oidvectortypes(p.proargtypes), \
        l.lanname, l.lanpltrusted, CASE WHEN p.proowner OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT r.oid \
        FROM pg_catalog.pg_roles AS r WHERE r.rolsuper)) THEN e.extname END, \
        'pg_catalog.internal'::pg_catalog.regtype::pg_catalog.oid OPERATOR(pg_catalog.=) ANY (p.proargtypes), \
        pg_catalog.array_to_string(ARRAY(SELECT DISTINCT t.oid FROM pg_catalog.unnest(\
        p.proargtypes::pg_catalog.oid[] OPERATOR(pg_catalog.||) p.prorettype OPERATOR(pg_catalog.||) \
        COALESCE(p.proallargtypes, '{}'::pg_catalog.oid[])) AS t(oid) \
        WHERE t.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid), ' '), \
        p.prosupport::pg_catalog.oid, \
        CASE WHEN p.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND p.prosqlbody IS NULL \
        AND l.lanname OPERATOR(pg_catalog.=) ANY ('{sql,plpgsql}'::pg_catalog.name[]) AND NOT (\(isTrigger)) \
        THEN \(short("p.prosrc", "$2")) END, \
        CASE WHEN p.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid THEN \(limited("p.prosqlbody", "$2")) END, \
        CASE WHEN p.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid THEN \(limited("p.proargdefaults", "$2")) END, \
        p.prokind, CASE WHEN l.lanname OPERATOR(pg_catalog.=) ANY ('{c,internal}'::pg_catalog.name[]) THEN p.prosrc END, \
        pg_catalog.array_to_string(ARRAY(SELECT pg_catalog.split_part(s.entry, '=', 1) \
        FROM pg_catalog.unnest(p.proconfig) AS s(entry)), ' '), \(isTrigger), \
        EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) AS s(entry) \
        WHERE s.entry OPERATOR(pg_catalog.~*) '^search_path=.*[^= ].*pg_catalog') \
        FROM pg_catalog.pg_proc AS p \
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace \
        JOIN pg_catalog.pg_language AS l ON l.oid OPERATOR(pg_catalog.=) p.prolang \
        LEFT JOIN pg_catalog.pg_depend AS d ON d.classid OPERATOR(pg_catalog.=) \
        'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid AND d.objid OPERATOR(pg_catalog.=) p.oid \
        AND d.deptype OPERATOR(pg_catalog.=) 'e' \
        LEFT JOIN pg_catalog.pg_extension AS e ON e.oid OPERATOR(pg_catalog.=) d.refobjid \
        WHERE p.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid OR p.provolatile OPERATOR(pg_catalog.=) 'v' \
        OR p.proname OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.name[])
        """

    /// Only the server calls triggers, and no read makes it.
    private static let isTrigger =
        "p.prorettype OPERATOR(pg_catalog.=) ANY ('{2279,3838}'::pg_catalog.oid[])"

    /// The functions that users' aggregates run, their operator for sorting, and the types of their states.
    static let aggregates = """
        SELECT a.aggfnoid::pg_catalog.oid, f.oid, a.aggsortop, \
        pg_catalog.concat_ws(' ', a.aggtranstype, a.aggmtranstype) FROM pg_catalog.pg_aggregate AS a, \
        pg_catalog.unnest(ARRAY[a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, \
        a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn]::pg_catalog.oid[]) AS f(oid) \
        WHERE a.aggfnoid::pg_catalog.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid \
        AND f.oid OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
        """

    /// The operators that users made, and those of the server that lead to one.
    static let operators = """
        SELECT o.oid, o.oprname, n.nspname, o.oprcode::pg_catalog.oid, o.oprrest::pg_catalog.oid, \
        o.oprjoin::pg_catalog.oid, o.oprleft, o.oprright, pg_catalog.format_type(o.oprleft, NULL), \
        pg_catalog.format_type(o.oprright, NULL), pg_catalog.concat_ws(' ', o.oprnegate, o.oprcom) \
        FROM pg_catalog.pg_operator AS o \
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) o.oprnamespace \
        WHERE 16384::pg_catalog.oid OPERATOR(pg_catalog.<=) ANY (ARRAY[o.oid, o.oprnegate, o.oprcom])
        """

    /// The casts by a function that users made.
    static let casts = """
        SELECT c.castsource, c.casttarget, c.castfunc, c.castcontext, pg_catalog.format_type(c.castsource, NULL), \
        pg_catalog.format_type(c.casttarget, NULL), t.typname FROM pg_catalog.pg_cast AS c \
        JOIN pg_catalog.pg_type AS t ON t.oid OPERATOR(pg_catalog.=) c.casttarget \
        WHERE c.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid \
        AND c.castfunc OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
        """

    /// Domains, ranges, and types with functions that users made. `$1`: the most bytes of a tree.
    static let types = """
        SELECT t.oid, t.typname, n.nspname, t.typtype, t.typbasetype, \
        pg_catalog.concat_ws(' ', t.typinput::pg_catalog.oid, t.typoutput::pg_catalog.oid, \
        t.typreceive::pg_catalog.oid, t.typsend::pg_catalog.oid, t.typmodin::pg_catalog.oid, \
        t.typmodout::pg_catalog.oid, t.typanalyze::pg_catalog.oid, t.typsubscript::pg_catalog.oid, \
        r.rngcanonical::pg_catalog.oid, r.rngsubdiff::pg_catalog.oid), r.rngsubtype, r.rngmultitypid, \
        (SELECT \(limited("pg_catalog.string_agg(k.conbin::pg_catalog.text, ' ')", "$1")) \
        FROM pg_catalog.pg_constraint AS k \
        WHERE k.contypid OPERATOR(pg_catalog.=) t.oid), r.rngsubopc, \(limited("t.typdefaultbin", "$1")), \
        EXISTS (SELECT FROM pg_catalog.pg_type AS b WHERE b.typname OPERATOR(pg_catalog.=) t.typname \
        AND b.typnamespace OPERATOR(pg_catalog.=) 11::pg_catalog.oid \
        AND b.oid OPERATOR(pg_catalog.<) 16384::pg_catalog.oid) \
        FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) t.typnamespace \
        LEFT JOIN pg_catalog.pg_range AS r ON r.rngtypid OPERATOR(pg_catalog.=) t.oid \
        WHERE t.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid \
        AND (t.typtype OPERATOR(pg_catalog.=) ANY ('{d,r,m}'::pg_catalog."char"[]) OR 16384::pg_catalog.oid \
        OPERATOR(pg_catalog.<=) ANY (ARRAY[t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout, \
        t.typanalyze, t.typsubscript]::pg_catalog.oid[]))
        """

    /// The rules of relations; the rule of a view is of the kind `1`. `$1`: the most bytes of a tree.
    static func rules(ofSystem: Bool) -> String {
        """
        SELECT c.oid, c.relname, n.nspname, r.ev_type, \(short("r.ev_action", "$1")), \(short("r.ev_qual", "$1")) \
        FROM pg_catalog.pg_rewrite AS r JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) r.ev_class \
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace \
        WHERE r.oid OPERATOR(pg_catalog.\(ofSystem ? "<" : ">=")) 16384::pg_catalog.oid \
        AND c.relkind OPERATOR(pg_catalog.<>) 'm'
        """
    }

    /// Row-security policies. `$1`: the most bytes of a tree.
    static let policies = """
        SELECT c.oid, c.relname, n.nspname, p.polcmd, \(limited("p.polqual", "$1")), \(limited("p.polwithcheck", "$1")) \
        FROM pg_catalog.pg_policy AS p JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) p.polrelid \
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        """

    /// Foreign tables, and the server's relations that hold or show secrets.
    ///
    /// `$1`: names of relations.
    static let relations = """
        SELECT c.oid, c.relname, n.nspname, c.relkind, s.srvname FROM pg_catalog.pg_class AS c \
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace \
        LEFT JOIN pg_catalog.pg_foreign_table AS f ON f.ftrelid OPERATOR(pg_catalog.=) c.oid \
        LEFT JOIN pg_catalog.pg_foreign_server AS s ON s.oid OPERATOR(pg_catalog.=) f.ftserver \
        WHERE c.oid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT t.ftrelid FROM pg_catalog.pg_foreign_table AS t)) \
        OR c.relname OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.name[])
        """

    /// Parents and their partitions or children.
    static let children = """
        SELECT c.oid, c.relname, n.nspname, i.children FROM (SELECT h.inhparent, \
        pg_catalog.string_agg(h.inhrelid::pg_catalog.text, ' ') AS children FROM pg_catalog.pg_inherits AS h \
        GROUP BY h.inhparent) AS i JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) i.inhparent \
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace \
        WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,f}'::pg_catalog."char"[])
        """

    /// What users' operator families run, and the types and classes that they order.
    static let families = """
        SELECT a.amprocfamily, a.amproc::pg_catalog.oid, 'f'::pg_catalog.text, NULL::pg_catalog.oid, NULL::pg_catalog.name, NULL::pg_catalog.name FROM pg_catalog.pg_amproc AS a \
        WHERE a.amproc::pg_catalog.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid \
        UNION ALL SELECT a.amopfamily, a.amopopr, 'o', NULL, NULL, NULL \
        FROM pg_catalog.pg_amop AS a \
        WHERE a.amopopr OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid \
        OR a.amopfamily OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid \
        UNION ALL SELECT c.opcfamily, c.opcintype, CASE WHEN c.opcdefault THEN 'd' ELSE 'c' END::pg_catalog.text, c.oid, f.opfname, \
        n.nspname FROM pg_catalog.pg_opclass AS c \
        JOIN pg_catalog.pg_opfamily AS f ON f.oid OPERATOR(pg_catalog.=) c.opcfamily \
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) f.opfnamespace \
        WHERE c.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
        """

    /// What depends on hazardous objects and is found in no other way: types over types, columns, indexes, constraints,
    /// defaults and statistics. `pg_depend` knows no objects of the server itself, but those that the planner could run
    /// are all users'.
    ///
    /// `$1`: OIDs of functions, operators, types and classes.
    static let dependents = """
        SELECT k.relname, d.refobjid, v.relname, d.objid, t.typname, tn.nspname, \
        c.oid, c.relname, c.relkind, n.nspname, COALESCE(a.attgenerated OPERATOR(pg_catalog.=) 'v', false), \
        c.reltype, d.objsubid, t.typtype \
        FROM pg_catalog.pg_depend AS d JOIN pg_catalog.pg_class AS k ON k.oid OPERATOR(pg_catalog.=) d.refclassid \
        JOIN pg_catalog.pg_class AS v ON v.oid OPERATOR(pg_catalog.=) d.classid \
        LEFT JOIN pg_catalog.pg_type AS t ON v.relname OPERATOR(pg_catalog.=) 'pg_type' \
        AND t.oid OPERATOR(pg_catalog.=) d.objid \
        LEFT JOIN pg_catalog.pg_namespace AS tn ON tn.oid OPERATOR(pg_catalog.=) t.typnamespace \
        LEFT JOIN pg_catalog.pg_attrdef AS ad ON v.relname OPERATOR(pg_catalog.=) 'pg_attrdef' \
        AND ad.oid OPERATOR(pg_catalog.=) d.objid \
        LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) ad.adrelid \
        AND a.attnum OPERATOR(pg_catalog.=) ad.adnum \
        LEFT JOIN pg_catalog.pg_constraint AS co ON v.relname OPERATOR(pg_catalog.=) 'pg_constraint' \
        AND co.oid OPERATOR(pg_catalog.=) d.objid \
        LEFT JOIN pg_catalog.pg_statistic_ext AS st ON v.relname OPERATOR(pg_catalog.=) 'pg_statistic_ext' \
        AND st.oid OPERATOR(pg_catalog.=) d.objid \
        LEFT JOIN pg_catalog.pg_index AS ix ON v.relname OPERATOR(pg_catalog.=) 'pg_class' \
        AND ix.indexrelid OPERATOR(pg_catalog.=) d.objid \
        LEFT JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) CASE WHEN v.relname OPERATOR(pg_catalog.=) 'pg_class' \
        THEN COALESCE(ix.indrelid, d.objid) ELSE COALESCE(ad.adrelid, co.conrelid, st.stxrelid) END \
        LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace \
        WHERE d.refclassid OPERATOR(pg_catalog.=) ANY (\(watchedClasses)) \
        AND d.refobjid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
        """

    /// What stands for a tree that is left out, since a row has to stay within the limits of the connection; NULL is none.
    static let tooLong = "-"

    private static func limited(_ column: String, _ limit: String) -> String {
        "CASE WHEN pg_catalog.octet_length(\(column)::pg_catalog.text) OPERATOR(pg_catalog.>) \(limit)::pg_catalog.int4 "
            + "THEN '\(tooLong)' ELSE \(column)::pg_catalog.text END"
    }

    /// A long text is left out: a row has to stay within the limits of the connection.
    private static func short(_ column: String, _ limit: String) -> String {
        "CASE WHEN pg_catalog.octet_length(\(column)::pg_catalog.text) OPERATOR(pg_catalog.<=) \(limit)::pg_catalog.int4 "
            + "THEN \(column)::pg_catalog.text END"
    }

    /// Functions that turn one of their arguments into the type of another, or make an array or a range of it.
    static let polymorphic = """
        SELECT DISTINCT p.proname FROM pg_catalog.pg_proc AS p, LATERAL (SELECT pg_catalog.count(*), \
        COALESCE(pg_catalog.bool_or(t.oid OPERATOR(pg_catalog.=) ANY ('{2283,2776,3500,5077,5079}'\
        ::pg_catalog.oid[])), false) FROM pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) AS t(oid) \
        WHERE t.oid OPERATOR(pg_catalog.=) ANY ('{2283,2277,2776,3500,3831,4537,4538,5077,5078,5079,5080}'\
        ::pg_catalog.oid[])) AS a(many, element) WHERE a.many OPERATOR(pg_catalog.>=) 2 \
        OR (p.prorettype OPERATOR(pg_catalog.=) ANY ('{2277,5078,3831,4537,4538,5080}'::pg_catalog.oid[]) AND a.element)
        """

    /// The names of types. `$1`: their OIDs.
    static let typeNames = """
        SELECT t.oid, t.typname, n.nspname FROM pg_catalog.pg_type AS t \
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) t.typnamespace \
        WHERE t.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
        """

    /// The catalogs whose objects can be watched.
    static let watchedClasses = """
        ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, \
        'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]::pg_catalog.oid[]
        """
}
