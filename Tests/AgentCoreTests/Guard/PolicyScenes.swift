/// The scenes of ``PolicyReachTests``.
enum PolicyScenes {
    typealias Scene = PolicyReachTests.Scene

    static let all: [Scene] =
        [
            bodies, aggregates, operators, hijackedEquality, unreachableOperator, explicitCast, castToOwnType,
            implicitCast,
            castEverywhere, domains, views, policies, planning, foreignTables, orderedByFunction, ordinary, textSearch,
        ] + planted + reviewed

    static let bodies = Scene(
        name: "labels that lie, and bodies that do not",
        setup: """
            CREATE FUNCTION lies() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT noise()';
            CREATE FUNCTION lies_plpgsql() RETURNS bigint LANGUAGE plpgsql STABLE AS
                $$ BEGIN RETURN nextval('counter'); END $$;
            CREATE FUNCTION lies_dynamic(q text) RETURNS int LANGUAGE plpgsql STABLE AS
                $$ DECLARE n int; BEGIN EXECUTE q INTO n; RETURN n; END $$;
            CREATE FUNCTION lies_loop(q text) RETURNS int LANGUAGE plpgsql STABLE AS
                $$ DECLARE r record; BEGIN FOR r IN EXECUTE q LOOP RETURN 1; END LOOP; RETURN 0; END $$;
            CREATE FUNCTION lies_query(q text) RETURNS SETOF int LANGUAGE plpgsql STABLE AS
                $$ BEGIN RETURN QUERY EXECUTE q; END $$;
            CREATE FUNCTION lies_atomic() RETURNS int LANGUAGE sql STABLE BEGIN ATOMIC SELECT noise(); END;
            CREATE FUNCTION lies_default(a int DEFAULT noise()) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
            CREATE FUNCTION lies_quoted() RETURNS int LANGUAGE sql STABLE AS 'SELECT public . /* x */ "noise" ( )';
            CREATE FUNCTION lies_escaped() RETURNS int LANGUAGE sql STABLE AS 'SELECT U&"\\006eoise"()';
            CREATE FUNCTION lies_attribute() RETURNS numeric LANGUAGE sql STABLE AS
                'SELECT (c).spend FROM customers AS c LIMIT 1';
            CREATE FUNCTION lies_set() RETURNS text LANGUAGE plpgsql STABLE AS
                $$ BEGIN PERFORM set_config('app.x', 'y', false); RETURN 'x'; END $$;
            CREATE FUNCTION lies_secret() RETURNS text LANGUAGE sql STABLE AS
                'SELECT rolpassword FROM pg_authid LIMIT 1';
            CREATE FUNCTION lies_setting() RETURNS text LANGUAGE sql STABLE AS
                $$ SELECT current_setting('app.jwt_secret', true) $$;
            CREATE FUNCTION lies_any_setting(n text) RETURNS text LANGUAGE sql STABLE AS
                'SELECT current_setting(n, true)';
            CREATE FUNCTION lies_deep() RETURNS int LANGUAGE sql STABLE AS 'SELECT lies()';
            CREATE FUNCTION lies_xml() RETURNS xml LANGUAGE sql STABLE AS
                $$ SELECT query_to_xml('SELECT 1', true, true, '') $$;
            CREATE FUNCTION internal_copy() RETURNS int LANGUAGE internal IMMUTABLE AS 'pg_backend_pid';
            CREATE FUNCTION clean() RETURNS bigint LANGUAGE sql STABLE AS
                'SELECT count(*) FROM orders WHERE total > 10';
            CREATE FUNCTION clean_plpgsql(who int) RETURNS TABLE (id bigint, total numeric) LANGUAGE plpgsql STABLE AS $$
                DECLARE r record; n int := 0; label text := 'EXECUTE nothing; -- execute';
                BEGIN
                    /* EXECUTE is a word in a comment here */
                    FOR r IN SELECT o.id, o.total FROM orders o WHERE o.customer_id = who ORDER BY o.id LIMIT 5 LOOP
                        n := n + 1;
                        IF r.total > 1000 OR label LIKE 'x%' THEN CONTINUE; END IF;
                        id := r.id; total := r.total;
                        RETURN NEXT;
                    END LOOP;
                    RETURN QUERY SELECT o.id, o.total FROM orders o WHERE o.id = n;
                    RAISE DEBUG 'rows: %', n;
                END $$;
            CREATE FUNCTION clean_default(a int DEFAULT 5, b text DEFAULT lower('X')) RETURNS int LANGUAGE sql IMMUTABLE AS
                'SELECT a';
            CREATE FUNCTION clean_setting() RETURNS text LANGUAGE sql STABLE AS
                $$ SELECT current_setting('app.tenant', true) $$;
            CREATE FUNCTION clean_atomic(a int) RETURNS int LANGUAGE sql IMMUTABLE RETURN a + 1;
            CREATE FUNCTION clean_calls() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT clean() + clean_default()';
            """,
        cases: [
            ("SELECT lies()", "calls the function public.noise(), which is volatile"),
            ("SELECT lies_plpgsql()", "advances or sets a sequence"),
            ("SELECT lies_dynamic('SELECT 1')", "EXECUTE"), ("SELECT lies_loop('SELECT 1')", "EXECUTE"),
            ("SELECT * FROM lies_query('SELECT 1')", "EXECUTE"), ("SELECT lies_atomic()", "public.noise()"),
            ("SELECT lies_default()", "public.noise()"), ("SELECT lies_quoted()", "public.noise()"),
            ("SELECT lies_escaped()", "public.noise()"), ("SELECT lies_attribute()", "public.spend(customers)"),
            ("SELECT lies_set()", "set_config"), ("SELECT lies_secret()", "holds password hashes"),
            ("SELECT lies_setting()", "app.jwt_secret"), ("SELECT lies_any_setting('x')", "setting"),
            ("SELECT lies_deep()", "calls the function public.lies(), which calls the function public.noise()"),
            ("SELECT lies_xml()", "query_to_xml"), ("SELECT internal_copy()", "written in internal"),
            ("EXPLAIN SELECT lies()", "public.noise()"),
            ("SELECT clean()", nil), ("SELECT * FROM clean_plpgsql(1)", nil), ("SELECT clean_default()", nil),
            ("SELECT clean_setting()", nil), ("SELECT clean_atomic(1), clean_calls()", nil),
            ("SELECT full_name(c), double(2) FROM customers c", nil),
        ])

    static let aggregates = Scene(
        name: "aggregates",
        setup: """
            CREATE FUNCTION keep(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT coalesce($1, 0) + $2';
            CREATE FUNCTION tell(int) RETURNS int LANGUAGE sql STABLE AS 'SELECT noise()';
            CREATE AGGREGATE clean_sum(int) (SFUNC = keep, STYPE = int);
            CREATE AGGREGATE telling_sum(int) (SFUNC = keep, STYPE = int, FINALFUNC = tell);
            CREATE AGGREGATE moving_sum(int) (SFUNC = keep, STYPE = int, MSFUNC = keep, MINVFUNC = add_noise, MSTYPE = int);
            """,
        cases: [
            ("SELECT noisy_sum(id) FROM customers", "calls the function public.add_noise(integer,integer)"),
            ("SELECT telling_sum(id) FROM customers", "calls the function public.tell(integer), which calls"),
            ("SELECT moving_sum(id) OVER () FROM customers", "add_noise"),
            ("SELECT clean_sum(id) FROM customers", nil),
            ("SELECT clean_sum(id) OVER (ORDER BY id) FROM customers", nil),
        ])

    static let operators = Scene(
        name: "operators",
        setup: """
            CREATE FUNCTION plus(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
            CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = add_noise);
            CREATE OPERATOR <+> (LEFTARG = int, RIGHTARG = int, FUNCTION = plus);
            CREATE VIEW over_operator AS SELECT 1 === 2 AS n;
            CREATE FUNCTION in_body() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1 === 2';
            """,
        cases: [
            ("SELECT 1 === 2", "public.===(integer,integer) calls the function public.add_noise"),
            ("SELECT 1 OPERATOR(public.===) 2", "public.==="),
            ("SELECT 1 OPERATOR ( public . === ) 2", "public.==="),
            ("SELECT * FROM over_operator", "add_noise"), ("SELECT in_body()", "uses the operator public.==="),
            ("SELECT 1 <+> 2, 1 + 2, 2 = 3", nil), ("SELECT '===' || 'x'", nil),
        ])

    static let hijackedEquality = Scene(
        name: "an equality of one's own",
        setup: """
            CREATE FUNCTION evil_eq(varchar, varchar) RETURNS bool LANGUAGE plpgsql AS
                $$ BEGIN INSERT INTO log VALUES (now(), 'hit'); RETURN true; END $$;
            CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = evil_eq);
            """,
        cases: [
            ("SELECT 'a'::varchar = 'b'::varchar", "public.=(character varying,character varying)"),
            ("SELECT 'a'::varchar IN ('b'::varchar)", "public.="), ("SELECT nullif('a'::varchar, 'b')", "public.="),
            ("SELECT CASE 'a'::varchar WHEN 'b' THEN 1 END", "public.="),
            ("SELECT 'a'::varchar IS DISTINCT FROM 'b'", "public.="),
            ("SELECT * FROM customers a JOIN customers b USING (name)", "public.="),
            ("SELECT * FROM customers a NATURAL JOIN customers b", "public.="),
            ("SELECT 'a'::varchar OPERATOR(pg_catalog.=) 'b'::varchar", nil),
            ("SELECT count(*) FROM customers WHERE id > 1", nil),
        ])

    static let unreachableOperator = Scene(
        name: "an operator outside of the search path",
        setup: """
            CREATE OPERATOR app.+ (LEFTARG = int, RIGHTARG = int, FUNCTION = add_noise);
            CREATE VIEW app.bad AS SELECT noise() AS n;
            CREATE VIEW public.good AS SELECT 1 AS n;
            """,
        cases: [
            ("SELECT 1 + 1", nil), ("SELECT 1 OPERATOR(app.+) 1", "app.+"), ("SELECT * FROM app.bad", "public.noise()"),
            ("SELECT n FROM good", nil),
        ])

    static let explicitCast = Scene(
        name: "casts that are written",
        setup: """
            CREATE TYPE pair AS (a int, b int);
            CREATE FUNCTION pair_text(pair) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'x'; END $$;
            CREATE CAST (pair AS text) WITH FUNCTION pair_text(pair);
            CREATE TABLE pairs (p pair); INSERT INTO pairs VALUES (ROW(1, 2));
            CREATE FUNCTION date_int(date) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;
            CREATE CAST (date AS int) WITH FUNCTION date_int(date);
            CREATE FUNCTION pair_json(pair) RETURNS json LANGUAGE plpgsql AS $$ BEGIN RETURN '1'; END $$;
            CREATE CAST (pair AS json) WITH FUNCTION pair_json(pair);
            CREATE FUNCTION pair_key(pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.a > 0';
            CREATE CAST (pair AS bool) WITH FUNCTION pair_key(pair);
            """,
        cases: [
            ("SELECT p::text FROM pairs", "the cast (pair AS text) calls the function public.pair_text(pair)"),
            ("SELECT CAST(p AS text) FROM pairs", "pair_text"), ("SELECT p || '' FROM pairs", "pair_text"),
            ("SELECT current_date::int", "date_int"),
            ("SELECT '(1,2)'::pair::text", "pair_text"), ("SELECT to_json('(1,2)'::pair)", "pair_json"),
            ("SELECT jsonb_agg(p) FROM pairs", "pair_json"),
            ("SELECT p FROM pairs", nil), ("SELECT id::text FROM customers", nil), ("SELECT p::bool FROM pairs", nil),
            ("SELECT count(*) FROM orders WHERE placed > '2026-01-05'", nil),
        ])

    static let castToOwnType = Scene(
        name: "casts to a type of one's own",
        setup: """
            CREATE TYPE pair AS (a int, b int);
            CREATE FUNCTION make_pair(int) RETURNS pair LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
            CREATE CAST (int AS pair) WITH FUNCTION make_pair(int);
            CREATE TYPE shade AS ENUM ('a', 'b');
            CREATE FUNCTION text_shade(text) RETURNS shade LANGUAGE plpgsql IMMUTABLE AS
                $$ BEGIN PERFORM noise(); RETURN 'a'; END $$;
            CREATE CAST (text AS shade) WITH FUNCTION text_shade(text) AS ASSIGNMENT;
            """,
        cases: [
            ("SELECT 1::pair", "make_pair"), ("SELECT CAST(id AS pair) FROM customers", "make_pair"),
            ("SELECT pair(1)", "make_pair"), ("SELECT note::shade FROM orders", "text_shade"),
            ("SELECT ARRAY['a'::text]::shade[]", "text_shade"), ("EXPLAIN SELECT 'a'::text::shade", "text_shade"),
            ("SELECT id::text, 1 + 1 FROM customers", nil),
        ])

    static let implicitCast = Scene(
        name: "casts that apply by themselves",
        setup: """
            CREATE TYPE pair AS (a int, b int);
            CREATE FUNCTION pair_text(pair) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'x'; END $$;
            CREATE CAST (pair AS text) WITH FUNCTION pair_text(pair) AS IMPLICIT;
            CREATE TABLE pairs (p pair, ps pair[]);
            CREATE TABLE many (ps pair[]);
            CREATE FUNCTION a_pair() RETURNS pair LANGUAGE sql IMMUTABLE AS 'SELECT NULL::pair';
            """,
        cases: [
            ("SELECT length(p) FROM pairs", "pair_text"), ("SELECT * FROM many", "pair_text"),
            ("SELECT length(ROW(1, 2)::pair)", "pair_text"), ("SELECT length(a_pair())", "pair_text"),
            ("SELECT length(name) FROM customers", nil),
        ])

    static let castEverywhere = Scene(
        name: "a cast between types of the server that applies by itself",
        setup: """
            CREATE FUNCTION date_int(date) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;
            CREATE CAST (date AS int) WITH FUNCTION date_int(date) AS IMPLICIT;
            """,
        cases: [
            ("SELECT double(placed) FROM orders", "applies by itself and could be anywhere"), ("SELECT 1", nil),
        ])

    static let domains = Scene(
        name: "types whose values are checked",
        setup: """
            CREATE FUNCTION bad_check(int) RETURNS bool LANGUAGE plpgsql AS
                $$ BEGIN INSERT INTO log VALUES (now(), 'hit'); RETURN true; END $$;
            CREATE DOMAIN evil AS int CHECK (bad_check(VALUE));
            CREATE DOMAIN worse AS evil;
            CREATE DOMAIN good AS int CHECK (VALUE > 0);
            CREATE TYPE holding AS (v evil);
            CREATE TABLE holder (v evil); INSERT INTO holder VALUES (1); DELETE FROM log;
            CREATE TYPE evil_range AS RANGE (SUBTYPE = evil);
            CREATE FUNCTION takes(evil) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
            CREATE FUNCTION makes() RETURNS int LANGUAGE plpgsql STABLE AS $$ DECLARE x evil := 1; BEGIN RETURN x; END $$;
            CREATE FUNCTION makes_row() RETURNS int LANGUAGE plpgsql STABLE AS
                $$ DECLARE x holder.v%TYPE := 1; BEGIN RETURN x; END $$;
            CREATE FUNCTION reads_row() RETURNS int LANGUAGE sql STABLE AS 'SELECT v FROM holder LIMIT 1';
            CREATE FUNCTION lags() RETURNS int LANGUAGE sql STABLE AS 'SELECT lag(v, 1, 42) OVER () FROM holder';
            CREATE FUNCTION declares() RETURNS int LANGUAGE plpgsql STABLE AS
                $$ DECLARE r public.holder; BEGIN r := row(7); RETURN r.v; END $$;
            CREATE FUNCTION declares_part() RETURNS int LANGUAGE plpgsql STABLE AS
                $$ DECLARE r public.holder.v%type; BEGIN r := 7; RETURN r; END $$;
            CREATE VIEW documents AS SELECT * FROM json_to_record('{"a": 1}') AS x(a evil);
            CREATE VIEW records AS SELECT jsonb_populate_record(NULL::holder, '{"v": 1}') AS r;
            CREATE VIEW coerces AS SELECT id::evil AS v FROM customers;
            CREATE VIEW plain AS SELECT v FROM holder;
            CREATE TABLE contained (a evil[], r evil_range);
            CREATE TABLE evil_named (evil int, good good);
            """,
        cases: [
            ("SELECT 1::evil", "has a check that uses the function public.bad_check(integer)"),
            ("SELECT CAST(1 AS evil)", "bad_check"), ("SELECT evil '1'", "bad_check"), ("SELECT 1::worse", "bad_check"),
            ("SELECT '{1}'::evil[]", "bad_check"), ("SELECT '(1)'::holding", "bad_check"),
            ("SELECT ROW(1)::holder", "bad_check"), ("SELECT '[1,2)'::evil_range", "bad_check"),
            ("SELECT * FROM json_to_record('{\"a\": 1}') AS x(a evil)", "bad_check"),
            ("SELECT * FROM json_populate_record(NULL::holder, '{\"v\": 1}')", "bad_check"),
            ("SELECT json_populate_record(h, '{\"v\": 2}') FROM holder AS h", "bad_check"),
            ("SELECT * FROM XMLTABLE('/r' PASSING '<r/>' COLUMNS v evil PATH '.')", "bad_check"),
            ("SELECT record_in('(1)', 'holder'::regtype::oid, -1) IS NULL", "record_in"),
            ("SELECT domain_in('1', t.oid, -1) IS NULL FROM pg_type AS t", "domain_in"),
            ("SELECT coalesce(a, '{42}') FROM contained", "bad_check"), ("SELECT r @> 1 FROM contained", "bad_check"),
            ("SELECT coalesce(h, '(42)') FROM holder AS h", "bad_check"),
            ("SELECT lag(v, 1, '42') OVER () FROM holder", "bad_check"),
            ("SELECT ARRAY[v] || '42' FROM plain", "bad_check"),
            ("SELECT width_bucket(v, '{1,2}') FROM holder", "bad_check"), ("SELECT lags()", "whose check is refused"),
            ("SELECT declares()", "bad_check"), ("SELECT declares_part()", "bad_check"),
            ("TABLE documents", "bad_check"),
            ("TABLE records", "bad_check"),
            ("SELECT array_agg(v) FROM holder", "bad_check"),
            ("SELECT max(v), count(*), abs(v) FROM holder GROUP BY v", nil),
            ("SELECT takes(1)", "bad_check"), ("SELECT makes()", "bad_check"), ("SELECT makes_row()", "bad_check"),
            ("SELECT * FROM coerces", "makes values of the type public.evil"),
            ("SELECT v FROM holder", nil), ("SELECT v + 1 FROM plain", nil), ("SELECT 1::good, '{1}'::good[]", nil),
            ("SELECT evil FROM evil_named", nil), ("SELECT reads_row()", nil),
        ])

    static let views = Scene(
        name: "views",
        setup: """
            CREATE VIEW v1 AS SELECT noise() AS n;
            CREATE VIEW v2 AS SELECT n FROM v1;
            CREATE VIEW hashes AS SELECT rolname, rolpassword FROM pg_authid;
            CREATE VIEW shadows AS SELECT count(*) FROM pg_shadow;
            CREATE VIEW steps AS SELECT nextval('counter');
            CREATE VIEW runs AS SELECT query_to_xml('SELECT 1', true, true, '');
            CREATE VIEW secret AS SELECT current_setting('app.jwt_secret', true);
            CREATE VIEW any_setting AS SELECT current_setting(name, true) FROM pg_settings;
            CREATE VIEW tenant AS SELECT current_setting('app.tenant', true);
            CREATE VIEW joined AS SELECT c.name, count(*), sum(o.total), rank() OVER (ORDER BY sum(o.total))
                FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE c.name LIKE '%a%' GROUP BY c.name;
            CREATE VIEW writable AS SELECT * FROM customers;
            CREATE RULE renames AS ON UPDATE TO writable DO INSTEAD SELECT noise();
            CREATE MATERIALIZED VIEW stored AS SELECT noise() AS n;
            CREATE VIEW app.elsewhere AS SELECT noise() AS n;
            """,
        cases: [
            ("SELECT * FROM v1", "public.v1 calls the function public.noise()"),
            ("SELECT * FROM v2", "reads the relation public.v1, which calls the function public.noise()"),
            ("SELECT * FROM \"v1\"", "noise"), ("TABLE public . v1", "noise"),
            ("WITH x AS (SELECT 1) SELECT * FROM x, LATERAL (SELECT * FROM v2) AS y", "noise"),
            ("SELECT rolname FROM hashes", "holds password hashes"), ("TABLE shadows", "holds password hashes"),
            ("TABLE steps", "advances or sets a sequence"), ("TABLE runs", "runs SQL that the guard cannot see"),
            ("TABLE secret", "app.jwt_secret"), ("TABLE any_setting", "setting"),
            ("SELECT * FROM app.elsewhere", "noise"), ("EXPLAIN SELECT * FROM v1", "noise"),
            ("TABLE tenant", nil), ("TABLE joined", nil), ("TABLE writable", nil), ("TABLE stored", nil),
            ("TABLE big_orders", nil),
        ])

    static let policies = Scene(
        name: "row-security policies",
        setup: """
            CREATE TABLE guarded (id int, tenant text); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
            CREATE POLICY bad ON guarded USING (noise() = id);
            CREATE TABLE tenants (id int, tenant text); ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
            CREATE POLICY good ON tenants USING (tenant = current_setting('app.tenant', true));
            CREATE POLICY owns ON tenants USING (tenant = current_user AND EXISTS (SELECT FROM orders WHERE id = 1));
            CREATE POLICY inserts ON tenants FOR INSERT WITH CHECK (noise() = id);
            """,
        cases: [
            ("SELECT * FROM guarded", "has a row policy that uses the function public.noise()"),
            ("SELECT * FROM tenants", nil),
        ])

    static let planning = Scene(
        name: "what the planner runs",
        setup: """
            CREATE FUNCTION lying(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN noise() + $1; END $$;
            CREATE TABLE indexed (id int); CREATE INDEX ON indexed (lying(id));
            CREATE TABLE partly (id int); CREATE INDEX ON partly (id) WHERE lying(id) > 0;
            CREATE TABLE checked (id int CHECK (lying(id) > 0));
            CREATE TABLE parted (id int) PARTITION BY RANGE (lying(id));
            CREATE TABLE counted (id int); CREATE STATISTICS counts ON (lying(id)), id FROM counted;
            CREATE TABLE defaulted (id int, n int DEFAULT lying(5));
            CREATE TABLE plainly (id int, n int DEFAULT noise());
            CREATE TABLE lowered (name text); CREATE INDEX ON lowered (lower(name)) WHERE length(name) > 0;
            CREATE INDEX ON lowered (upper(name));
            """,
        cases: [
            ("SELECT * FROM indexed WHERE id = 1", "has an index, a constraint or statistics that use"),
            ("SELECT * FROM partly", "public.lying(integer), which calls the function public.noise()"),
            ("SELECT * FROM checked", "lying"), ("SELECT * FROM parted", "lying"), ("SELECT * FROM counted", "lying"),
            ("EXPLAIN INSERT INTO defaulted (id) VALUES (1)", "lying"), ("SELECT * FROM defaulted", nil),
            ("EXPLAIN INSERT INTO plainly (id) VALUES (1)", nil), ("SELECT * FROM plainly", nil),
            ("SELECT * FROM lowered WHERE lower(name) = 'a'", nil),
        ])

    static let foreignTables = Scene(
        name: "foreign tables, directly and as children", extensions: ["file_fdw"],
        setup: """
            CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
            CREATE FOREIGN TABLE hosts (line text) SERVER files OPTIONS (program 'id > /tmp/agent_intruder; id');
            CREATE VIEW over_hosts AS SELECT * FROM hosts;
            CREATE TABLE parent (line text);
            CREATE FOREIGN TABLE child (line text) INHERITS (parent) SERVER files OPTIONS (filename '/etc/hostname');
            CREATE TABLE top (line text, k int) PARTITION BY LIST (k);
            CREATE TABLE middle PARTITION OF top FOR VALUES IN (1, 2) PARTITION BY LIST (k);
            CREATE FOREIGN TABLE bottom PARTITION OF middle FOR VALUES IN (1) SERVER files
                OPTIONS (filename '/etc/hostname');
            CREATE TABLE whole (k int) PARTITION BY LIST (k);
            CREATE TABLE piece PARTITION OF whole FOR VALUES IN (1);
            CREATE FUNCTION reads_hosts() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM hosts';
            """,
        cases: [
            ("SELECT * FROM hosts", "is a foreign table (server files)"),
            ("SELECT * FROM over_hosts", "reads the relation public.hosts, which is a foreign table"),
            ("SELECT * FROM parent", "has the partition or child the relation public.child"),
            ("SELECT * FROM top", "public.bottom"), ("SELECT count(*) FROM middle", "public.bottom"),
            ("SELECT reads_hosts()", "public.hosts"), ("EXPLAIN SELECT * FROM hosts", "foreign table"),
            ("SELECT * FROM whole", nil), ("SELECT * FROM piece", nil),
            ("SELECT ftrelid::regclass FROM pg_foreign_table", nil),
        ])

    static let orderedByFunction = Scene(
        name: "types ordered by functions",
        setup: """
            CREATE TYPE rank AS (n int);
            CREATE FUNCTION rank_lt(rank, rank) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.n < $2.n';
            CREATE FUNCTION rank_le(rank, rank) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.n <= $2.n';
            CREATE FUNCTION rank_eq(rank, rank) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.n = $2.n';
            CREATE FUNCTION rank_cmp(rank, rank) RETURNS int LANGUAGE plpgsql AS
                $$ BEGIN INSERT INTO log VALUES (now(), 'hit'); RETURN $1.n - $2.n; END $$;
            CREATE OPERATOR <# (LEFTARG = rank, RIGHTARG = rank, FUNCTION = rank_lt);
            CREATE OPERATOR <=# (LEFTARG = rank, RIGHTARG = rank, FUNCTION = rank_le);
            CREATE OPERATOR =# (LEFTARG = rank, RIGHTARG = rank, FUNCTION = rank_eq);
            CREATE OPERATOR >=# (LEFTARG = rank, RIGHTARG = rank, FUNCTION = rank_le);
            CREATE OPERATOR ># (LEFTARG = rank, RIGHTARG = rank, FUNCTION = rank_lt);
            CREATE OPERATOR CLASS rank_ops DEFAULT FOR TYPE rank USING btree AS OPERATOR 1 <#, OPERATOR 2 <=#,
                OPERATOR 3 =#, OPERATOR 4 >=#, OPERATOR 5 >#, FUNCTION 1 rank_cmp(rank, rank);
            CREATE TABLE ranked (r rank);
            """,
        cases: [
            ("SELECT * FROM ranked ORDER BY r", "is ordered by the operator family public.rank_ops"),
            ("SELECT x FROM (VALUES ('(1)'::rank), ('(2)')) AS v(x) ORDER BY x", "rank_cmp"),
            ("SELECT DISTINCT x::rank FROM (VALUES (ROW(1))) AS v(x)", "rank_cmp"),
            ("SELECT * FROM orders ORDER BY id LIMIT 1", nil),
        ])

    static let ordinary = Scene(
        name: "ordinary databases",
        extensions: [
            "citext", "hstore", "uuid-ossp", "pg_trgm", "tablefunc", "intarray", "ltree", "cube", "earthdistance",
            "btree_gist", "btree_gin", "unaccent", "isn", "xml2", "lo", "seg", "pgcrypto", "bloom",
        ],
        setup: """
            CREATE TABLE people (id uuid DEFAULT uuid_generate_v4(), mail citext, attrs hstore, path ltree, marks int[],
                made int GENERATED ALWAYS AS IDENTITY, twice int GENERATED ALWAYS AS (1 * 2) STORED, place cube);
            INSERT INTO people (mail, attrs, path, marks) VALUES ('A@x.org', 'a=>1', 'top.a', '{1,2}');
            CREATE INDEX ON people USING gin (mail gin_trgm_ops); CREATE INDEX ON people USING gist (path);
            CREATE DOMAIN mail_address AS citext CHECK (VALUE ~ '@');
            CREATE TABLE parts (d date, n int) PARTITION BY RANGE (d);
            CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
            CREATE VIEW mails AS SELECT mail::mail_address AS mail, attrs -> 'a' AS a FROM people WHERE mail % 'a';
            """,
        cases: [
            ("SELECT mail = 'a@X.ORG', mail LIKE 'a%', attrs -> 'a', attrs ? 'a' FROM people", nil),
            ("SELECT path <@ 'top', marks && '{1}', marks @> '{2}', sort(marks) FROM people", nil),
            ("SELECT similarity('abc', 'abd'), 'abc' <-> 'abd', word_similarity('a', 'b'), show_trgm('a')", nil),
            ("SELECT * FROM normal_rand(3, 0, 1)", nil), ("SELECT uuid_generate_v4(), uuid_nil()", nil),
            ("SELECT populate_record(NULL::people, attrs) FROM people", nil), ("SELECT * FROM mails", nil),
            ("SELECT 'x@y'::mail_address", nil), ("SELECT * FROM parts WHERE d = '2026-01-05'", nil),
            (
                "SELECT table_name FROM information_schema.tables JOIN information_schema.columns USING (table_name)",
                nil
            ),
            ("SELECT * FROM pg_stat_user_tables NATURAL JOIN pg_statio_user_tables", nil),
            ("SELECT isn_weak(), isbn13('978-0-393-04002-9')", nil), ("SELECT isn_weak(true)", "changes settings"),
            ("SELECT (true).isn_weak", "changes settings"), ("SELECT cube(1, 2) && cube(2, 3)", nil),
            ("SELECT xpath_string('<a>1</a>', '/a'), '1 .. 2'::seg", nil), ("SELECT 5::lo", nil),
            ("SELECT * FROM crosstab('SELECT 1, 2, 3') AS t(a int, b int)", "runs SQL"),
            ("SELECT DISTINCT mail, min(path::text) FROM people GROUP BY mail ORDER BY 1", nil),
            ("SELECT nullif(mail, 'x'), mail IN ('a', 'b'), CASE mail WHEN 'a' THEN 1 END FROM people", nil),
        ])

    static let textSearch = Scene(
        name: "functions with a harmless form",
        extensions: ["tablefunc", "isn", "amcheck"],
        setup: """
            CREATE TABLE aliases (t tsquery, s tsquery);
            ALTER FUNCTION crosstab4(text) RENAME TO pivot4;
            ALTER FUNCTION connectby(text, text, text, text, int) RENAME TO tree;
            ALTER FUNCTION isn_weak(boolean) RENAME TO weakly;
            """,
        cases: [
            ("SELECT ts_rewrite('a & b'::tsquery, 'a'::tsquery, 'c'::tsquery)", nil),
            ("SELECT ts_rewrite('a', 'SELECT t, s FROM aliases')", "runs SQL"),
            ("SELECT ts_rewrite('a', 'a', 'b'), ts_rewrite('a', 'SELECT t, s FROM aliases')", "runs SQL"),
            ("SELECT * FROM pivot4('SELECT 1, 2, 3')", "runs SQL"), ("SELECT weakly(true)", "changes settings"),
            ("SELECT * FROM tree('a', 'b', 'c', 'd', 1) AS t(a text, b text, c int)", "runs SQL"),
            ("SELECT fmgr_c_validator(1)", "fmgr_c_validator"), ("SELECT bt_index_check('orders_placed')", nil),
            ("SELECT bt_index_check('orders_placed', true)", "runs the expressions of an index"),
            ("SELECT ts_rewrite('a', (VALUES ('SELECT 1', 2, 3)))", "runs SQL"),
        ])
}
