-- Types alone: no operator of this database is hazardous, so that nothing but the types of columns can be the reason.
CREATE SCHEMA evil;
CREATE DOMAIN app.trap_number AS int CHECK (pg_try_advisory_lock(47));
CREATE TYPE app.trap_row AS (a app.trap_number, b int);
CREATE TYPE app.trap_range AS RANGE (SUBTYPE = app.trap_number, SUBTYPE_OPCLASS = int4_ops);
CREATE TABLE app.domained (id int, n app.trap_number, a app.trap_number[], r app.trap_range, c app.trap_row);
INSERT INTO app.domained VALUES (1, 1, '{1}', '[1,2)', ROW(1, 1));

-- A default operator class: sorting and grouping use it, and no operator is written.
CREATE TYPE app.pair AS (a int, b int);
CREATE FUNCTION app.pair_less(app.pair, app.pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE FUNCTION app.pair_equal(app.pair, app.pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION app.pair_compare(app.pair, app.pair) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(48); RETURN 0; END';
CREATE OPERATOR app.<<< (LEFTARG = app.pair, RIGHTARG = app.pair, FUNCTION = app.pair_less);
CREATE OPERATOR app.=== (LEFTARG = app.pair, RIGHTARG = app.pair, FUNCTION = app.pair_equal);
CREATE OPERATOR CLASS app.pair_ops DEFAULT FOR TYPE app.pair USING btree AS
    OPERATOR 1 app.<<<, OPERATOR 3 app.===, FUNCTION 1 app.pair_compare(app.pair, app.pair);
CREATE TABLE app.pairs (p app.pair);
INSERT INTO app.pairs VALUES (ROW(1, 2)), (ROW(3, 4));

-- An index whose expression runs when the index is checked, and only then.
CREATE FUNCTION app.trap_later(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(49); RETURN $1; END';
CREATE TABLE app.indexed (id int);
INSERT INTO app.indexed SELECT generate_series(1, 10);
CREATE INDEX indexed_expression ON app.indexed (app.trap_later(id));
CREATE INDEX indexed_where ON app.indexed (id) WHERE app.trap_later(id) > 0;

-- Rows with a column of a hazardous domain, made in places that do not name the domain.
CREATE FUNCTION app.lock_text(text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(50); RETURN true; END';
CREATE DOMAIN app.trap_text AS text CHECK (app.lock_text(VALUE));
CREATE TABLE app.rows_of_it (a app.trap_text);
CREATE FUNCTION app.declares_column() RETURNS text LANGUAGE plpgsql STABLE AS
    $$DECLARE r app.rows_of_it.a%type; BEGIN r := 'x'; RETURN r; END$$;
CREATE FUNCTION app.declares_row() RETURNS text LANGUAGE plpgsql STABLE AS
    $$DECLARE r app.rows_of_it; BEGIN r := ROW('x'); RETURN r.a; END$$;
CREATE FUNCTION app.declares_rowtype() RETURNS text LANGUAGE plpgsql STABLE AS
    $$DECLARE r app . rows_of_it % rowtype; BEGIN r.a := 'x'; RETURN r.a; END$$;
CREATE FUNCTION app.selects_into() RETURNS text LANGUAGE plpgsql STABLE AS
    $$DECLARE r app.trap_text; BEGIN SELECT 'x' INTO r; RETURN r; END$$;
CREATE FUNCTION app.gives_out(OUT x app.trap_text) LANGUAGE plpgsql STABLE AS $$BEGIN x := 'x'; END$$;
CREATE FUNCTION app.gives_table() RETURNS TABLE (q app.trap_text) LANGUAGE plpgsql STABLE AS
    $$BEGIN q := 'x'; RETURN NEXT; END$$;
CREATE FUNCTION app.gives_rows() RETURNS SETOF app.rows_of_it LANGUAGE sql STABLE AS $$SELECT 'x'::text$$;
CREATE FUNCTION app.cursor_of() RETURNS bool LANGUAGE plpgsql STABLE AS
    $$DECLARE c CURSOR FOR SELECT app.lock_text('x'); r bool; BEGIN OPEN c; FETCH c INTO r; RETURN r; END$$;
CREATE FUNCTION app.of_row(tiny) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(51); RETURN true; END';
CREATE FUNCTION app.selects_row() RETURNS bool LANGUAGE sql STABLE SET search_path = app, public AS
    'SELECT bool_and(t.of_row) FROM tiny t';
CREATE VIEW app.view_column_list AS SELECT * FROM json_to_record('{"a": "x"}') AS x(a app.trap_text);
CREATE VIEW app.view_populate AS SELECT jsonb_populate_record(NULL::app.rows_of_it, '{"a": "x"}');
-- Not every server was built with XML.
DO $$ BEGIN
    CREATE VIEW app.view_xmltable AS
        SELECT x.* FROM xmltable('/a' PASSING '<a>x</a>' COLUMNS a app.trap_text PATH '.') x;
EXCEPTION WHEN feature_not_supported THEN
    CREATE VIEW app.view_xmltable AS SELECT 'x'::text::app.trap_text AS a;
END $$;
CREATE VIEW app.view_sample AS SELECT id FROM tiny TABLESAMPLE system (app.lock_text('x')::int);
CREATE VIEW app.view_frame AS SELECT sum(id) OVER (ORDER BY id ROWS app.lock_text('x')::int PRECEDING) FROM tiny;
CREATE VIEW app.view_limit AS SELECT id FROM tiny LIMIT app.lock_text('x')::int;
CREATE VIEW app.view_sets AS SELECT 1 FROM tiny GROUP BY GROUPING SETS ((app.lock_text(id::text)), ());
CREATE VIEW app.view_filter AS SELECT count(*) FILTER (WHERE app.lock_text(id::text)) FROM tiny;
CREATE VIEW app.view_subscript AS SELECT (ARRAY[1, 2])[app.lock_text('x')::int];
CREATE VIEW app.view_in AS SELECT id FROM tiny WHERE true IN (SELECT app.lock_text(id::text));
CREATE VIEW app.view_bracket AS SELECT 1 AS "a[", app.lock_text('x') AS b;
CREATE VIEW app.view_length AS SELECT 1 AS "x :constvalue 4 [ ", app.lock_text('x') AS b;
CREATE VIEW app.view_label AS SELECT 1 AS ":constvalue", 2 AS "4", 3 AS "[", app.lock_text('x') AS b;
CREATE FUNCTION app.lock_atomic() RETURNS bool LANGUAGE sql STABLE
    RETURN (SELECT bool_or(x.b) FROM (SELECT 1 AS "a[", app.lock_text('x') AS b) AS x);
CREATE VIEW app.view_loop AS
    WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + app.lock_text(n::text)::int FROM r WHERE n < 2) SELECT n FROM r;
