/// The queries of ``SchemaCatalog``. Every name and operator is qualified, so that nothing in a search path can stand in.
///
/// Common parameters: `$1` schemas to include (an empty array for all), `$2` schemas to exclude, `$3` whether system
/// schemas are shown.
enum CatalogQueries {
    private static let shown = """
        (pg_catalog.cardinality($1::pg_catalog.name[]) OPERATOR(pg_catalog.=) 0 \
        OR n.nspname OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.name[])) \
        AND NOT (n.nspname OPERATOR(pg_catalog.=) ANY ($2::pg_catalog.name[])) \
        AND n.nspname OPERATOR(pg_catalog.!~) '^pg_(temp|toast)' \
        AND ($3::pg_catalog.bool OR (n.nspname OPERATOR(pg_catalog.!~) '^pg_' \
        AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'))
        """

    private static let readableKinds = "c.relkind OPERATOR(pg_catalog.=) ANY ('{r,v,m,f,p}'::pg_catalog.\"char\"[])"

    static let schemas = """
        SELECT n.nspname, pg_catalog.pg_get_userbyid(n.nspowner), pg_catalog.obj_description(n.oid, 'pg_namespace'), \
        (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class AS c \
        WHERE c.relnamespace OPERATOR(pg_catalog.=) n.oid AND \(readableKinds)), \
        pg_catalog.has_schema_privilege(n.oid, 'USAGE') \
        FROM pg_catalog.pg_namespace AS n WHERE \(shown) ORDER BY n.nspname
        """

    private static let summaryColumns = """
        n.nspname, c.relname, c.relkind, c.oid, \
        CASE WHEN c.reltuples OPERATOR(pg_catalog.>=) 0 AND c.relkind OPERATOR(pg_catalog.<>) 'v' \
        THEN c.reltuples::pg_catalog.int8 END, \
        CASE WHEN c.relkind OPERATOR(pg_catalog.=) ANY ('{r,m}'::pg_catalog."char"[]) \
        THEN c.relpages::pg_catalog.int8 OPERATOR(pg_catalog.*) \
        pg_catalog.current_setting('block_size')::pg_catalog.int8 END, \
        pg_catalog.obj_description(c.oid, 'pg_class'), \
        (SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute AS a WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid \
        AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped), \
        pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT'), \
        c.relispartition
        """

    private static let fromRelations = """
        FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n \
        ON n.oid OPERATOR(pg_catalog.=) c.relnamespace WHERE \(readableKinds) AND \(shown)
        """

    /// `$4` a schema or NULL, `$5` a LIKE pattern or NULL, `$6` limit, `$7` offset.
    static let relations = """
        SELECT \(summaryColumns) \(fromRelations) \
        AND ($4::pg_catalog.name IS NULL OR n.nspname OPERATOR(pg_catalog.=) $4::pg_catalog.name) \
        AND ($5::pg_catalog.text IS NULL OR c.relname::pg_catalog.text OPERATOR(pg_catalog.~~*) $5::pg_catalog.text) \
        ORDER BY n.nspname, c.relname LIMIT $6::pg_catalog.int8 OFFSET $7::pg_catalog.int8
        """

    /// `$4` a schema or NULL, `$5` the name. The search path decides between several.
    static let relation = """
        SELECT c.oid, \(summaryColumns) \(fromRelations) \
        AND ($4::pg_catalog.name IS NULL OR n.nspname OPERATOR(pg_catalog.=) $4::pg_catalog.name) \
        AND c.relname OPERATOR(pg_catalog.=) $5::pg_catalog.name \
        ORDER BY pg_catalog.array_position(pg_catalog.current_schemas(true), n.nspname), n.nspname LIMIT 1
        """

    /// `$4` a LIKE pattern, `$5` limit.
    static let schemaNames = """
        SELECT n.nspname FROM pg_catalog.pg_namespace AS n WHERE \(shown) \
        AND n.nspname::pg_catalog.text OPERATOR(pg_catalog.~~*) $4::pg_catalog.text \
        ORDER BY n.nspname LIMIT $5::pg_catalog.int8
        """

    /// `$4` a schema or NULL, `$5` a LIKE pattern, `$6` limit.
    static let tableNames = """
        SELECT DISTINCT c.relname \(fromRelations) \
        AND ($4::pg_catalog.name IS NULL OR n.nspname OPERATOR(pg_catalog.=) $4::pg_catalog.name) \
        AND c.relname::pg_catalog.text OPERATOR(pg_catalog.~~*) $5::pg_catalog.text \
        ORDER BY c.relname LIMIT $6::pg_catalog.int8
        """

    private static let columnFields = """
        a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, \
        pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attgenerated, a.attidentity, \
        pg_catalog.col_description(a.attrelid, a.attnum) \
        FROM pg_catalog.pg_attribute AS a LEFT JOIN pg_catalog.pg_attrdef AS d \
        ON d.adrelid OPERATOR(pg_catalog.=) a.attrelid AND d.adnum OPERATOR(pg_catalog.=) a.attnum
        """

    /// `$1` OIDs of relations.
    static let columnsOfMany = """
        SELECT a.attrelid, \(columnFields) WHERE a.attrelid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[]) \
        AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum
        """

    /// Names of columns by their numbers, in the order of the numbers.
    private static func names(of numbers: String, in relation: String) -> String {
        """
        ARRAY(SELECT a.attname FROM pg_catalog.unnest(\(numbers)) WITH ORDINALITY AS k(number, place) \
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) \(relation) \
        AND a.attnum OPERATOR(pg_catalog.=) k.number ORDER BY k.place)
        """
    }

    /// The primary and the foreign keys. `$1` OIDs of relations.
    static let keysOfMany = """
        SELECT o.conrelid, o.contype::pg_catalog.text, o.conname, pg_catalog.pg_get_constraintdef(o.oid, true), \
        \(names(of: "o.conkey", in: "o.conrelid")), fn.nspname, f.relname, \
        \(names(of: "o.confkey", in: "o.confrelid")) \
        FROM pg_catalog.pg_constraint AS o \
        LEFT JOIN pg_catalog.pg_class AS f ON f.oid OPERATOR(pg_catalog.=) o.confrelid \
        LEFT JOIN pg_catalog.pg_namespace AS fn ON fn.oid OPERATOR(pg_catalog.=) f.relnamespace \
        WHERE o.conrelid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[]) \
        AND o.contype OPERATOR(pg_catalog.=) ANY ('{p,f}'::pg_catalog."char"[]) ORDER BY o.conrelid, o.conname
        """

    /// The parts of a description: facts, columns, constraints, indexes. `$1` the relation's OID.
    static let parts = [
        """
        SELECT pg_catalog.pg_get_userbyid(c.relowner), \
        CASE WHEN c.relkind OPERATOR(pg_catalog.=) ANY ('{v,m}'::pg_catalog."char"[]) \
        THEN pg_catalog.pg_get_viewdef(c.oid, true) END, \
        pg_catalog.pg_get_partkeydef(c.oid), pg_catalog.pg_get_expr(c.relpartbound, c.oid), c.relrowsecurity \
        FROM pg_catalog.pg_class AS c WHERE c.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
        """,
        """
        SELECT \(columnFields) WHERE a.attrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid \
        AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped ORDER BY a.attnum
        """,
        """
        SELECT o.contype::pg_catalog.text, o.conname, pg_catalog.pg_get_constraintdef(o.oid, true), \
        \(names(of: "o.conkey", in: "o.conrelid")), fn.nspname, f.relname, \
        \(names(of: "o.confkey", in: "o.confrelid")) \
        FROM pg_catalog.pg_constraint AS o \
        LEFT JOIN pg_catalog.pg_class AS f ON f.oid OPERATOR(pg_catalog.=) o.confrelid \
        LEFT JOIN pg_catalog.pg_namespace AS fn ON fn.oid OPERATOR(pg_catalog.=) f.relnamespace \
        WHERE o.conrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid \
        AND o.contype OPERATOR(pg_catalog.<>) ALL ('{t,n}'::pg_catalog."char"[]) \
        UNION ALL SELECT 'from', o.conname, pg_catalog.pg_get_constraintdef(o.oid, true), NULL, rn.nspname, r.relname, \
        NULL FROM pg_catalog.pg_constraint AS o \
        JOIN pg_catalog.pg_class AS r ON r.oid OPERATOR(pg_catalog.=) o.conrelid \
        JOIN pg_catalog.pg_namespace AS rn ON rn.oid OPERATOR(pg_catalog.=) r.relnamespace \
        WHERE o.confrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid AND o.contype OPERATOR(pg_catalog.=) 'f' \
        AND o.conparentid OPERATOR(pg_catalog.=) 0::pg_catalog.oid ORDER BY 1, 2
        """,
        """
        SELECT i.relname, pg_catalog.pg_get_indexdef(x.indexrelid), x.indisunique, x.indisprimary, x.indisvalid, \
        CASE WHEN i.relkind OPERATOR(pg_catalog.=) 'i' THEN i.relpages::pg_catalog.int8 OPERATOR(pg_catalog.*) \
        pg_catalog.current_setting('block_size')::pg_catalog.int8 END \
        FROM pg_catalog.pg_index AS x JOIN pg_catalog.pg_class AS i ON i.oid OPERATOR(pg_catalog.=) x.indexrelid \
        WHERE x.indrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid ORDER BY i.relname
        """,
    ]
}
