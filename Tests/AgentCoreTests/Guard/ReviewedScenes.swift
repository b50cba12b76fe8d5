/// The scenes of ``PolicyReachTests`` that a second review found.
extension PolicyScenes {
    static let reviewed: [Scene] = [
        namesInTrees, conditionsInOtherWords, settingsShown, typesOfTheServer, typesFoundFirst,
    ]

    static let namesInTrees = Scene(
        name: "names that look like parts of the tree in which they stand",
        setup: """
            CREATE VIEW bracket AS SELECT 1 AS "a[", query_to_xml('SELECT 7', true, true, '') AS b;
            CREATE VIEW length AS SELECT 1 AS "x :constvalue 4 [ ", noise() AS b;
            CREATE VIEW label AS SELECT 1 AS ":constvalue", 2 AS "4", 3 AS "[", noise() AS b;
            CREATE VIEW escaped AS SELECT 1 AS "a\\", 2 AS "\\[ 1", noise() AS b;
            CREATE VIEW columns AS SELECT x.n FROM (SELECT 1, noise()) AS x("[", n);
            CREATE FUNCTION atomic() RETURNS int LANGUAGE sql STABLE
                RETURN (SELECT max(x.n) FROM (SELECT 1 AS "a[", noise() AS n) AS x);
            CREATE FUNCTION named("a[" int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
            CREATE VIEW arguments AS SELECT named("a[" => 1, b => noise()) AS n;
            CREATE TABLE held (a int); ALTER TABLE held ENABLE ROW LEVEL SECURITY;
            CREATE POLICY p ON held USING (named("a[" => 1, b => noise()) = 1);
            CREATE VIEW plain AS SELECT 1 AS "a[", ':constvalue 4 [' AS ":c", ARRAY[1] AS "b]", '{}'::text AS "{";
            """,
        cases: [
            ("SELECT b FROM bracket", "query_to_xml"), ("SELECT b FROM length", "public.noise()"),
            ("SELECT b FROM label", "public.noise()"), ("SELECT b FROM escaped", "public.noise()"),
            ("SELECT n FROM columns", "public.noise()"), ("SELECT atomic()", "public.noise()"),
            ("SELECT n FROM arguments", "public.noise()"), ("SELECT * FROM held", "public.noise()"),
            ("SELECT * FROM plain", nil),
        ])

    static let conditionsInOtherWords = Scene(
        name: "functions that catch their own cancellation, written in other ways",
        setup: """
            CREATE FUNCTION quoted() RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN LOOP BEGIN PERFORM 1;
                EXCEPTION WHEN "query_canceled" THEN NULL; END; END LOOP; END $$;
            CREATE FUNCTION continued() RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN LOOP BEGIN PERFORM 1;
                EXCEPTION WHEN SQLSTATE '5'
                '7014' THEN NULL; END; END LOOP; END $$;
            CREATE FUNCTION quoted_word() RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN LOOP BEGIN PERFORM 1;
                EXCEPTION WHEN "sqlstate" '57014' THEN NULL; END; END LOOP; END $$;
            """,
        cases: [
            ("SELECT quoted()", "catches its own cancellation"), ("SELECT continued()", "catches its own cancellation"),
            ("SELECT quoted_word()", "catches its own cancellation"),
        ])

    static let settingsShown = Scene(
        name: "a cast that shows a setting",
        setup: """
            CREATE TYPE shade AS ENUM ('a', 'b');
            CREATE FUNCTION shade_text(shade) RETURNS text LANGUAGE plpgsql AS $$ DECLARE r record;
                BEGIN FOR r IN SHOW ssl_passphrase_command LOOP RETURN r::text; END LOOP; END $$;
            CREATE CAST (shade AS text) WITH FUNCTION shade_text(shade);
            CREATE TYPE tint AS ENUM ('a', 'b');
            CREATE FUNCTION tint_text(tint) RETURNS text LANGUAGE plpgsql AS $$ DECLARE r record;
                BEGIN FOR r IN SHOW "ALL" LOOP RETURN r::text; END LOOP; END $$;
            CREATE CAST (tint AS text) WITH FUNCTION tint_text(tint);
            CREATE TYPE hue AS ENUM ('a', 'b');
            CREATE FUNCTION hue_text(hue) RETURNS text LANGUAGE plpgsql AS $$ DECLARE r record;
                BEGIN FOR r IN SHOW work_mem LOOP RETURN r::text; END LOOP; END $$;
            CREATE CAST (hue AS text) WITH FUNCTION hue_text(hue);
            """,
        cases: [
            ("SELECT quote_literal('a'::shade)", "shade_text"),
            ("SELECT quote_literal('a'::tint)", "tint_text"), ("SELECT quote_literal('a'::hue)", nil),
        ])

    private static let evil = """
        CREATE FUNCTION evil(anyelement) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS
            $$ BEGIN EXECUTE 'SELECT 1'; RETURN true; END $$;

        """

    static let typesOfTheServer = Scene(
        name: "hazardous domains with the names of types of the server",
        setup: evil + """
            CREATE DOMAIN public.text AS pg_catalog.text CHECK (evil(VALUE));
            CREATE DOMAIN public.jsonb AS pg_catalog.jsonb CHECK (evil(VALUE));
            CREATE DOMAIN public."int" AS int4 CHECK (evil(VALUE));
            CREATE DOMAIN app.point AS pg_catalog.text CHECK (evil(VALUE));
            CREATE TABLE public.point (a public.jsonb);
            CREATE FUNCTION body() RETURNS pg_catalog.text LANGUAGE sql STABLE AS
                'SELECT note::text FROM orders WHERE id = 1';
            CREATE FUNCTION declared() RETURNS pg_catalog.text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public
                AS $$ DECLARE t text := 'x'; BEGIN RETURN t; END $$;
            """,
        cases: [
            ("SELECT note::text, text 'x', '{}'::jsonb FROM orders", nil), ("SELECT total::int FROM orders", nil),
            ("SELECT CAST(total AS INT) FROM orders", nil), ("SELECT body(), declared()", nil),
            ("SELECT * FROM jsonb_to_recordset('[]') AS x(a text, b int)", nil),
            ("SELECT 'x'::public.text", "runs text as SQL"), ("SELECT 1::\"int\"", "runs text as SQL"),
            ("SELECT '{}'::public.jsonb", "runs text as SQL"), ("SELECT ('5'::bigint).int", "runs text as SQL"),
            ("SELECT '{5}'::\"int\"[]", "runs text as SQL"),
            // The row of a relation is hidden by no type.
            ("SELECT json_populate_record(p, '{\"a\": \"x\"}') FROM point AS p", "runs text as SQL"),
        ])

    static let typesFoundFirst = Scene(
        name: "a body that finds another type before the server's",
        setup: evil + """
            CREATE DOMAIN public.text AS pg_catalog.text CHECK (evil(VALUE));
            CREATE FUNCTION called() RETURNS pg_catalog.text LANGUAGE sql STABLE AS 'SELECT note::text FROM orders LIMIT 1';
            CREATE FUNCTION caller() RETURNS pg_catalog.text LANGUAGE sql STABLE SET search_path = public, pg_catalog
                AS 'SELECT called()';
            """,
        cases: [("SELECT called()", "runs text as SQL"), ("SELECT note::text FROM orders", nil)])
}
