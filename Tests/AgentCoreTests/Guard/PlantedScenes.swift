/// The scenes of ``PolicyReachTests`` in which somebody has planted what a statement or a body does not show.
extension PolicyScenes {
    static let planted: [Scene] = [
        settingsOfFunctions, namesInBodies, settingReaders, members, hiddenCasts, hiddenJSONCast, superuserCast,
        domainDefaults, stateTypes, polymorphs, orderOfServerType, orderOfOwnType, negators, changedViews,
        policiesOfChanges, volatileChecks, ranges, cleanTypes, typesNamedByKeywords, uncancellable, sessionsChanged,
    ]

    static let typesNamedByKeywords = Scene(
        name: "domains with names of keywords",
        setup: """
            CREATE FUNCTION evil(text) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS
                $$ BEGIN EXECUTE 'SELECT 1'; RETURN true; END $$;
            CREATE DOMAIN data AS text CHECK (evil(VALUE)); CREATE DOMAIN zone AS text CHECK (evil(VALUE));
            """,
        cases: [
            (#"SELECT * FROM json_to_record('{"a": "x"}') AS x(a data)"#, "runs text as SQL"),
            ("SELECT zone 'x'", "runs text as SQL"), ("SELECT CAST('x' AS data)", "runs text as SQL"),
            ("SELECT now() AT TIME ZONE 'UTC'", nil),
        ])

    static let uncancellable = Scene(
        name: "functions that catch their own cancellation",
        setup: """
            CREATE FUNCTION forever() RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN LOOP BEGIN PERFORM 1;
                EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$;
            CREATE FUNCTION forever_by_code() RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN LOOP BEGIN PERFORM 1;
                EXCEPTION WHEN SQLSTATE '57014' THEN NULL; END; END LOOP; END $$;
            CREATE FUNCTION careful() RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN BEGIN RETURN 1 / 0;
                EXCEPTION WHEN division_by_zero OR SQLSTATE '22003' OR others THEN RETURN 0; END; END $$;
            """,
        cases: [
            ("SELECT forever()", "catches its own cancellation"),
            ("SELECT forever_by_code()", "catches its own cancellation"), ("SELECT careful()", nil),
        ])

    static let sessionsChanged = Scene(
        name: "casts by functions labelled volatile that change the session or take locks",
        setup: ["SET ROLE pg_monitor", "ANALYZE customers", "SET session_authorization = 'x'"].enumerated().map {
            """
            CREATE TYPE changed\($0) AS (x int); CREATE TABLE holds\($0) (q changed\($0));
            CREATE FUNCTION up\($0)(changed\($0)) RETURNS text VOLATILE LANGUAGE plpgsql AS
                $$ BEGIN \($1); RETURN 'x'; END $$;
            CREATE CAST (changed\($0) AS text) WITH FUNCTION up\($0)(changed\($0));
            """
        }.joined(separator: "\n"),
        cases: [
            ("SELECT quote_literal(q) FROM holds0", "has a cast that calls"),
            ("SELECT quote_literal(q) FROM holds1", "has a cast that calls"),
            ("SELECT quote_literal(q) FROM holds2", "has a cast that calls"),
        ])

    static let settingsOfFunctions = Scene(
        name: "settings of functions that change how a body is read",
        setup: #"""
            CREATE FUNCTION lexed() RETURNS int STABLE LANGUAGE plpgsql SET standard_conforming_strings = off AS
                $$ BEGIN PERFORM '\''; EXECUTE 'SELECT 1'; --'; RETURN 1;
                END $$;
            CREATE FUNCTION quoted() RETURNS int STABLE LANGUAGE sql SET backslash_quote = on AS 'SELECT 1';
            CREATE FUNCTION other() RETURNS int STABLE LANGUAGE sql SET role = pg_monitor AS 'SELECT 1';
            CREATE FUNCTION tuned() RETURNS int STABLE LANGUAGE sql SET search_path = public SET work_mem = '8MB'
                SET enable_seqscan = off SET timezone = 'UTC' SET statement_timeout = 1000 AS 'SELECT 1';
            """#,
        cases: [
            ("SELECT lexed()", "sets standard_conforming_strings while it runs"),
            ("SELECT quoted()", "sets backslash_quote"), ("SELECT other()", "sets role"), ("SELECT tuned()", nil),
        ])

    static let namesInBodies = Scene(
        name: "functions called without brackets in bodies",
        setup: """
            CREATE FUNCTION treats() RETURNS text STABLE LANGUAGE sql AS
                $$ SELECT treat('/etc/passwd' AS pg_read_file) $$;
            CREATE FUNCTION treats_qualified() RETURNS text STABLE LANGUAGE sql AS
                $$ SELECT treat('/etc/passwd' AS public . "pg_read_file") $$;
            CREATE FUNCTION attribute() RETURNS text STABLE LANGUAGE sql AS
                $$ SELECT ('/etc/passwd'::text).pg_read_file $$;
            CREATE FUNCTION setting_attribute() RETURNS text STABLE LANGUAGE sql AS
                $$ SELECT ('primary_conninfo'::text).current_setting $$;
            CREATE FUNCTION setting_treat() RETURNS text STABLE LANGUAGE sql AS
                $$ SELECT treat('primary_conninfo'::text AS current_setting) $$;
            CREATE FUNCTION plain(OUT total text) STABLE LANGUAGE sql AS
                $$ SELECT treat(1.5 AS int4)::text || max(c.name) AS total FROM customers AS c $$;
            """,
        cases: [
            ("SELECT treats()", "reads files of the server"),
            ("SELECT treats_qualified()", "reads files of the server"),
            ("SELECT attribute()", "reads files of the server"), ("SELECT setting_attribute()", "reads a setting"),
            ("SELECT setting_treat()", "reads a setting"), ("SELECT plain()", nil),
        ])

    static let settingReaders = Scene(
        name: "settings read out of sight",
        setup: """
            CREATE OPERATOR #@# (FUNCTION = current_setting, RIGHTARG = text);
            CREATE FUNCTION keep_text(text, text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT coalesce($1, $2)';
            CREATE AGGREGATE leak(text) (SFUNC = keep_text, STYPE = text, FINALFUNC = current_setting);
            CREATE VIEW leaking AS SELECT #@# 'primary_conninfo'::text AS v;
            CREATE AGGREGATE first_text(text) (SFUNC = keep_text, STYPE = text);
            CREATE OPERATOR #%# (FUNCTION = upper, RIGHTARG = text);
            """,
        cases: [
            ("SELECT #@# 'primary_conninfo'::text", "reads a setting"),
            ("SELECT OPERATOR(public.#@#) 'primary_conninfo'::text", "reads a setting"),
            ("SELECT leak('primary_conninfo')", "reads a setting"), ("TABLE leaking", "setting"),
            ("SELECT first_text(name), #%# min(name) FROM customers", nil),
            ("SELECT current_setting('TimeZone')", nil),
        ])

    static let members = Scene(
        name: "functions put into an extension by its owner", extensions: ["btree_gin", "cube", "earthdistance"],
        setup: """
            CREATE FUNCTION put() RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'SELECT 1'; RETURN 1; END $$;
            ALTER FUNCTION put() OWNER TO pg_monitor;
            ALTER EXTENSION btree_gin ADD FUNCTION put();
            CREATE FUNCTION put_plainly() RETURNS int STABLE LANGUAGE sql AS 'SELECT 1';
            ALTER FUNCTION put_plainly() OWNER TO pg_monitor;
            ALTER EXTENSION btree_gin ADD FUNCTION put_plainly();
            """,
        cases: [
            ("SELECT put()", "runs text as SQL (EXECUTE)"), ("SELECT put_plainly()", nil),
            ("SELECT earth_distance(ll_to_earth(1, 2), ll_to_earth(2, 3))", nil),
        ])

    /// A function that does harm in a transaction that only reads, whatever its label says.
    private static func evil(_ name: String, _ argument: String, _ result: String, _ value: String) -> String {
        """
        CREATE FUNCTION \(name)(\(argument)) RETURNS \(result) IMMUTABLE LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_advisory_lock(77); RETURN \(value); END $$;

        """
    }

    static let hiddenCasts = Scene(
        name: "written casts that do harm, where they are not written",
        setup: """
            CREATE TYPE src AS (a int);
            \(evil("src_point", "src", "point", "'(1,2)'"))
            CREATE CAST (src AS point) WITH FUNCTION src_point(src);
            CREATE DOMAIN dp AS point; CREATE TABLE tp (p point); CREATE TABLE sources (s src);
            INSERT INTO sources VALUES (ROW(1));
            CREATE FUNCTION casts() RETURNS point STABLE LANGUAGE plpgsql AS
                $$ DECLARE x src; BEGIN x.a := 1; RETURN x::point; END $$;
            CREATE FUNCTION casts_column() RETURNS point STABLE LANGUAGE plpgsql AS
                $$ DECLARE x sources.s%TYPE; BEGIN x.a := 1; RETURN x::point; END $$;
            CREATE TYPE quo AS (a int);
            \(evil("quo_text", "quo", "text", "'x'"))
            CREATE CAST (quo AS text) WITH FUNCTION quo_text(quo);
            CREATE TABLE tq (q quo); INSERT INTO tq VALUES (ROW(1));
            CREATE VIEW quoting AS SELECT quote_literal(q) AS v FROM tq;
            CREATE VIEW joining AS SELECT q || 'x' AS v FROM tq;
            CREATE VIEW rows AS SELECT quote_nullable(ROW(1)::quo) AS v;
            CREATE FUNCTION quotes() RETURNS text STABLE LANGUAGE sql AS 'SELECT quote_literal(q) FROM tq';
            """,
        cases: [
            ("SELECT row(1)::src::dp", "src_point"), ("SELECT row(s)::tp FROM sources", "src_point"),
            ("SELECT array[s]::dp[] FROM sources", "src_point"), ("SELECT casts()", "src_point"),
            ("SELECT casts_column()", "src_point"), ("SELECT quote_literal(q) FROM tq", "quo_text"),
            ("SELECT quote_nullable(q) FROM tq", "quo_text"), ("TABLE quoting", "quo_text"),
            ("TABLE joining", "quo_text"), ("TABLE rows", "quo_text"), ("SELECT quotes()", "quo_text"),
            ("SELECT p FROM tp", nil), ("SELECT '(1,2)'::point::dp", nil),
            ("SELECT quote_literal(name) FROM customers", nil),
            ("SELECT attname FROM pg_attribute LIMIT 1", nil),
        ])

    static let hiddenJSONCast = Scene(
        name: "a cast to json, and arrays of any type",
        setup: """
            CREATE TYPE doc AS (a int);
            \(evil("doc_json", "doc", "json", "'{}'"))
            CREATE CAST (doc AS json) WITH FUNCTION doc_json(doc);
            CREATE TABLE docs (d doc); INSERT INTO docs SELECT ROW(1)::doc FROM generate_series(1, 50); ANALYZE docs;
            ALTER TABLE docs ADD COLUMN later doc DEFAULT ROW(1)::doc;
            CREATE VIEW missing AS SELECT to_json(attmissingval) AS v FROM pg_attribute;
            CREATE VIEW showing AS SELECT to_json(d) FROM docs;
            CREATE FUNCTION shows(anyelement) RETURNS jsonb STABLE LANGUAGE sql AS 'SELECT to_jsonb($1)';
            CREATE FUNCTION shows_all() RETURNS json STABLE LANGUAGE sql AS 'SELECT json_agg(d) FROM docs AS d';
            CREATE OPERATOR ### (RIGHTARG = anyelement, FUNCTION = to_json);
            """,
        cases: [
            ("SELECT to_json(attmissingval) FROM pg_attribute", "could apply to an array of any type"),
            ("SELECT array_to_json(most_common_vals) FROM pg_stats WHERE tablename = 'docs'", "doc_json"),
            ("SELECT v FROM missing", "doc_json"),
            ("TABLE showing", "doc_json"), ("SELECT shows(d) FROM docs AS d", "doc_json"),
            ("SELECT shows_all()", "doc_json"), ("SELECT ### d FROM docs AS d", "doc_json"),
            ("SELECT shows(1), ### 2", nil),
            ("SELECT to_json(c) FROM customers AS c", nil), ("SELECT relname FROM pg_class LIMIT 1", nil),
        ])

    static let superuserCast = Scene(
        name: "a written cast between types of the server that does harm",
        setup: """
            \(evil("text_point", "text", "point", "'(1,2)'"))
            CREATE CAST (text AS point) WITH FUNCTION text_point(text);
            CREATE DOMAIN dp AS point;
            """,
        cases: [("SELECT name::dp FROM customers", "text_point"), ("SELECT 1 + 1", nil)])

    static let domainDefaults = Scene(
        name: "defaults of domains",
        setup: """
            \(evil("ev", "int", "int", "$1"))
            CREATE DOMAIN filled AS int DEFAULT ev(1);
            CREATE DOMAIN calm AS int DEFAULT 5;
            CREATE DOMAIN counted AS bigint DEFAULT nextval('counter');
            CREATE TABLE fills (a int, b filled); CREATE TABLE calms (a int, b calm, c counted);
            CREATE VIEW over_fills AS SELECT * FROM fills;
            """,
        cases: [
            ("EXPLAIN INSERT INTO fills (a) VALUES (1)", "public.ev(integer)"),
            ("EXPLAIN INSERT INTO over_fills (a) VALUES (1)", "public.ev(integer)"),
            (
                "EXPLAIN MERGE INTO fills f USING customers c ON f.a = c.id WHEN NOT MATCHED THEN INSERT (a) VALUES (1)",
                "public.ev(integer)"
            ),
            ("SELECT * FROM fills", nil), ("SELECT * FROM calms", nil),
            ("EXPLAIN INSERT INTO calms (a) VALUES (1)", nil), ("SELECT 1::calm, 2::counted", nil),
        ])

    static let stateTypes = Scene(
        name: "states of aggregates",
        setup: """
            \(evil("dd_check", "int", "bool", "true"))
            CREATE DOMAIN dd_int AS int CHECK (dd_check(VALUE)); CREATE TYPE dd AS (v dd_int);
            CREATE AGGREGATE ag(json, bool) (SFUNC = json_populate_record, STYPE = dd, FINALFUNC = to_json);
            CREATE TYPE calm AS (v int);
            CREATE AGGREGATE calm_ag(json, bool) (SFUNC = json_populate_record, STYPE = calm, FINALFUNC = to_json);
            """,
        cases: [
            ("SELECT ag('{}'::json, false)", "dd_check"), ("SELECT calm_ag('{}'::json, false)", nil),
        ])

    static let polymorphs = Scene(
        name: "functions that make another value of the type of an argument",
        setup: """
            \(evil("d_check", "int", "bool", "true"))
            CREATE DOMAIN d AS int CHECK (d_check(VALUE)); CREATE TABLE td (v d); CREATE TABLE plain (v int);
            CREATE FUNCTION poly2(anyelement) RETURNS anyelement STABLE LANGUAGE plpgsql AS 'BEGIN RETURN 43; END';
            CREATE FUNCTION poly4(z anyelement, n int, OUT o anyelement) STABLE LANGUAGE plpgsql AS 'BEGIN o := n; END';
            CREATE FUNCTION pop(anyelement, jsonb) RETURNS anyelement STABLE LANGUAGE sql AS
                'SELECT jsonb_populate_record($1, $2)';
            CREATE OPERATOR @@@ (LEFTARG = anyelement, RIGHTARG = jsonb, FUNCTION = jsonb_populate_record);
            INSERT INTO td VALUES (1); INSERT INTO plain VALUES (1);
            """,
        cases: [
            ("SELECT poly2(v) FROM td", "d_check"), ("SELECT poly4(v, 5) FROM td", "d_check"),
            ("SELECT pop(x, '{\"v\":5}') FROM td AS x", "d_check"),
            ("SELECT x @@@ '{\"v\":5}'::jsonb FROM td AS x", "d_check"),
            ("SELECT poly2(v), poly4(v, 5) FROM plain", nil), ("SELECT pop(x, '{\"v\":5}') FROM plain AS x", nil),
        ])

    /// An operator class for a type, with functions of its own; the comparison is the argument.
    private static func ordering(_ type: String, _ compare: String, isDefault: Bool) -> String {
        """
        CREATE FUNCTION o_lt(\(type), \(type)) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT false';
        CREATE FUNCTION o_eq(\(type), \(type)) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT true';
        CREATE FUNCTION o_cmp(\(type), \(type)) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
            $$ BEGIN \(compare) RETURN 0; END $$;
        CREATE OPERATOR <# (LEFTARG = \(type), RIGHTARG = \(type), FUNCTION = o_lt);
        CREATE OPERATOR <=# (LEFTARG = \(type), RIGHTARG = \(type), FUNCTION = o_lt);
        CREATE OPERATOR =# (LEFTARG = \(type), RIGHTARG = \(type), FUNCTION = o_eq);
        CREATE OPERATOR >=# (LEFTARG = \(type), RIGHTARG = \(type), FUNCTION = o_lt);
        CREATE OPERATOR ># (LEFTARG = \(type), RIGHTARG = \(type), FUNCTION = o_lt);
        CREATE OPERATOR CLASS o_ops \(isDefault ? "DEFAULT" : "") FOR TYPE \(type) USING btree AS OPERATOR 1 <#,
            OPERATOR 2 <=#, OPERATOR 3 =#, OPERATOR 4 >=#, OPERATOR 5 >#, FUNCTION 1 o_cmp(\(type), \(type));
        """
    }

    static let orderOfServerType = Scene(
        name: "a type of the server ordered by somebody else's function",
        setup: ordering("point", "PERFORM pg_advisory_lock(77);", isDefault: true),
        cases: [
            ("SELECT x FROM (VALUES (point '(1,2)'), ('(3,4)')) AS v(x) ORDER BY x", "o_cmp"),
            ("SELECT greatest(point(1, 2), point(2, 3))", "o_cmp"), ("SELECT 1 + 1", nil),
        ])

    static let orderOfOwnType = Scene(
        name: "a range ordered by somebody else's operator class",
        setup: ordering("point", "PERFORM pg_advisory_lock(77);", isDefault: false)
            + """
            CREATE TABLE parted (p text) PARTITION BY HASH (p); CREATE TABLE points (p point);
            CREATE TYPE evr AS RANGE (SUBTYPE = point, SUBTYPE_OPCLASS = o_ops); CREATE TABLE evrs (r evr);
            """,
        cases: [
            ("SELECT '[(1,2),(3,4)]'::evr", "o_cmp"), ("SELECT evr(point(1, 2), point(2, 3))", "o_cmp"),
            ("SELECT satisfies_hash_partition('parted'::regclass, 2, 0, 'x'::text)", "o_cmp"),
            ("SELECT r FROM evrs", "o_cmp"), ("SELECT point(1, 2) =# point(2, 3)", "o_cmp"),
            ("SELECT point(1, 2), count(*) FROM orders", nil), ("SELECT p FROM points", nil),
        ])

    static let negators = Scene(
        name: "operators that the planner puts in the place of another",
        setup: """
            CREATE FUNCTION ne(int, int) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_advisory_lock(77); RETURN true; END $$;
            CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
            CREATE OPERATOR !=== (LEFTARG = int, RIGHTARG = int, FUNCTION = ne, NEGATOR = ===);
            CREATE OPERATOR =~= (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
            CREATE OPERATOR !~= (LEFTARG = int, RIGHTARG = int, FUNCTION = int4ne, NEGATOR = =~=);
            CREATE VIEW negates AS SELECT id FROM customers WHERE NOT (id === 1);
            """,
        cases: [
            ("SELECT * FROM customers WHERE NOT (id OPERATOR(public.===) 1)", "public.ne(integer,integer)"),
            ("SELECT id FROM negates", "public.ne(integer,integer)"),
            ("SELECT count(*) FROM customers WHERE NOT (id =~= 1)", nil),
        ])

    static let changedViews = Scene(
        name: "views through which a table would be changed",
        setup: """
            \(evil("ev", "int", "int", "$1"))
            CREATE TABLE base (a int, b int DEFAULT ev(1)); CREATE VIEW above AS SELECT * FROM base;
            CREATE VIEW top AS SELECT * FROM above;
            CREATE TABLE ruled (a int);
            CREATE RULE also AS ON INSERT TO ruled DO ALSO INSERT INTO base (a) VALUES (1);
            CREATE TABLE calm (a int, b int DEFAULT 1); CREATE VIEW over_calm AS SELECT * FROM calm;
            """,
        cases: [
            ("EXPLAIN INSERT INTO above (a) VALUES (1)", "public.ev(integer)"),
            ("EXPLAIN INSERT INTO top (a) VALUES (1)", "public.ev(integer)"), ("SELECT * FROM top", nil),
            ("EXPLAIN INSERT INTO ruled VALUES (1)", "public.ev(integer)"),
            ("EXPLAIN INSERT INTO over_calm (a) VALUES (1)", nil),
        ])

    static let policiesOfChanges = Scene(
        name: "stable functions that the planner runs to estimate",
        setup: """
            CREATE FUNCTION lying() RETURNS int STABLE LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_advisory_lock(77); RETURN 1; END $$;
            CREATE TABLE kept (id int); ALTER TABLE kept ENABLE ROW LEVEL SECURITY;
            CREATE POLICY removes ON kept FOR DELETE USING (id = lying());
            CREATE TABLE open (id int); ALTER TABLE open ENABLE ROW LEVEL SECURITY;
            CREATE POLICY removes ON open FOR DELETE USING (id = length(current_user));
            """,
        cases: [
            ("EXPLAIN DELETE FROM kept", "public.lying()"), ("EXPLAIN DELETE FROM open", nil),
            ("SELECT * FROM kept", nil),
        ])

    static let volatileChecks = Scene(
        name: "checks by functions labelled volatile",
        setup: """
            CREATE FUNCTION runs_do(int) RETURNS bool LANGUAGE plpgsql AS
                $$ BEGIN DO 'BEGIN PERFORM pg_advisory_lock(77); END'; RETURN true; END $$;
            CREATE DOMAIN does AS int CHECK (runs_do(VALUE)); CREATE TABLE doing (v does);
            CREATE FUNCTION calm(int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RETURN $1 > 0; END $$;
            CREATE DOMAIN calmly AS int CHECK (calm(VALUE)); CREATE TABLE calms (v calmly);
            """,
        cases: [
            ("SELECT v FROM doing", "runs_do"), ("SELECT 1::does", "runs_do"), ("SELECT v, v + 1 FROM calms", nil),
        ])

    static let ranges = Scene(
        name: "constructors of ranges",
        setup: "CREATE TYPE floatrange AS RANGE (SUBTYPE = float8); CREATE TABLE spans (r floatrange);",
        cases: [
            ("SELECT floatrange(1, 2), floatrange(1, 2, '[]'), floatmultirange()", nil),
            (
                "SELECT floatmultirange(floatrange(1, 2)), floatmultirange(floatrange(1, 2), floatrange(3, 4)), count(r) FROM spans",
                nil
            ),
            ("SELECT '[1,2)'::floatrange * floatrange(1, 3)", nil),
        ])

    static let cleanTypes = Scene(
        name: "types that do no harm",
        setup: ordering("point", "", isDefault: true) + """
            CREATE TYPE pair AS (a int, b int);
            CREATE FUNCTION pair_text(pair) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN 'x'; END $$;
            CREATE CAST (pair AS text) WITH FUNCTION pair_text(pair);
            CREATE TABLE pairs (p pair); INSERT INTO pairs VALUES (ROW(1, 2));
            CREATE FUNCTION is_mail(text) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN $1 ~ '@'; END $$;
            CREATE DOMAIN mail AS text CHECK (is_mail(VALUE)) DEFAULT lower('A@B'); CREATE TABLE mails (m mail);
            CREATE FUNCTION echo(anyelement) RETURNS anyelement STABLE LANGUAGE plpgsql AS 'BEGIN RETURN $1; END';
            """,
        cases: [
            ("SELECT p::text, quote_literal(p), p || 'x', to_json(p) FROM pairs", nil),
            ("SELECT echo(m), 'a@b'::mail, ARRAY[m] FROM mails", nil),
            ("SELECT to_json(attmissingval) FROM pg_attribute", nil),
            ("SELECT x FROM (VALUES (point '(1,2)'), ('(3,4)')) AS v(x) ORDER BY x", nil),
            ("EXPLAIN INSERT INTO mails DEFAULT VALUES", nil),
        ])
}
