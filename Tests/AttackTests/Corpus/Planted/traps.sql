-- What another user of the database has planted, to be reached by a statement that looks like a read. Most traps take a
-- session-level advisory lock: that works in a read-only transaction, for any role, and survives ROLLBACK.
CREATE SCHEMA evil;
CREATE FUNCTION app.lock_it(bigint) RETURNS bool LANGUAGE sql VOLATILE AS 'SELECT pg_try_advisory_lock($1)';

-- Functions that lie about their volatility.
CREATE FUNCTION app.trap_perform(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(42); RETURN $1; END';
CREATE FUNCTION app.trap_immutable(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
    $$BEGIN EXECUTE 'SELECT pg_advisory_lock(42)'; RETURN $1; END$$;
CREATE FUNCTION app.trap_concatenated(text) RETURNS text LANGUAGE plpgsql STABLE AS
    $$BEGIN EXECUTE 'SELECT pg_adv' || 'isory_' || 'lock(42)'; RETURN $1; END$$;
CREATE FUNCTION app.trap_argument(text) RETURNS text LANGUAGE plpgsql STABLE AS
    $$BEGIN EXECUTE $1; RETURN $1; END$$;
CREATE FUNCTION app.trap_quoted(text) RETURNS text LANGUAGE plpgsql STABLE AS
    'BEGIN PERFORM "pg_advisory_lock"(42); RETURN $1; END';
CREATE FUNCTION app.trap_unicode(text) RETURNS text LANGUAGE plpgsql STABLE AS
    'BEGIN PERFORM U&"pg\005fadvisory\005flock"(42); RETURN $1; END';
CREATE FUNCTION app.trap_comment(text) RETURNS text LANGUAGE plpgsql STABLE AS
    'BEGIN PERFORM pg_catalog . /* ( */ PG_Advisory_Lock (42); RETURN $1; END';
CREATE FUNCTION app.trap_attribute(text) RETURNS text LANGUAGE plpgsql STABLE AS
    'BEGIN PERFORM (42::bigint).pg_advisory_lock; RETURN $1; END';
CREATE FUNCTION app.trap_assignment(text) RETURNS text LANGUAGE plpgsql STABLE AS
    'DECLARE x bool; BEGIN x := pg_try_advisory_lock(42); RETURN $1; END';
CREATE FUNCTION app.trap_initial(text) RETURNS text LANGUAGE plpgsql STABLE AS
    'DECLARE x bool DEFAULT pg_try_advisory_lock(42); BEGIN RETURN $1; END';
CREATE FUNCTION app.trap_handler(text) RETURNS text LANGUAGE plpgsql STABLE AS
    'BEGIN RETURN 1/0; EXCEPTION WHEN division_by_zero THEN PERFORM pg_advisory_lock(42); RETURN $1; END';
CREATE FUNCTION app.trap_loop(text) RETURNS text LANGUAGE plpgsql STABLE AS
    $$DECLARE r record; BEGIN FOR r IN EXECUTE 'SELECT pg_advisory_lock(42)' LOOP NULL; END LOOP; RETURN $1; END$$;
CREATE FUNCTION app.trap_query(text) RETURNS SETOF bool LANGUAGE plpgsql STABLE AS
    $$BEGIN RETURN QUERY EXECUTE 'SELECT pg_try_advisory_lock(42)'; END$$;
CREATE FUNCTION app.trap_cursor(text) RETURNS text LANGUAGE plpgsql STABLE AS
    $$DECLARE c refcursor; b bool; BEGIN OPEN c FOR EXECUTE 'SELECT pg_try_advisory_lock(42)'; FETCH c INTO b; RETURN $1; END$$;
CREATE FUNCTION app.trap_condition(text) RETURNS text LANGUAGE plpgsql STABLE AS
    'BEGIN IF pg_try_advisory_lock(42) THEN RETURN $1; END IF; RETURN $1; END';
CREATE FUNCTION app.trap_assert(text) RETURNS text LANGUAGE plpgsql STABLE AS
    'BEGIN ASSERT pg_try_advisory_lock(42); RETURN $1; END';
CREATE FUNCTION app.trap_raise(text) RETURNS text LANGUAGE plpgsql STABLE AS
    $$BEGIN RAISE NOTICE '%', pg_try_advisory_lock(42); RETURN $1; END$$;
CREATE FUNCTION app.trap_call(text) RETURNS text LANGUAGE plpgsql STABLE AS 'BEGIN CALL app.nothing(); PERFORM app.lock_it(42); RETURN $1; END';
CREATE FUNCTION app.trap_sql(text) RETURNS text LANGUAGE sql STABLE AS
    'SELECT pg_try_advisory_lock(42); SELECT $1';
CREATE FUNCTION app.trap_return(text) RETURNS bool LANGUAGE sql STABLE RETURN pg_try_advisory_lock(42);
CREATE FUNCTION app.trap_atomic(text) RETURNS bool LANGUAGE sql STABLE
    BEGIN ATOMIC SELECT 1; SELECT pg_try_advisory_lock(42); END;
CREATE FUNCTION app.trap_atomic_indirect(text) RETURNS text LANGUAGE sql IMMUTABLE RETURN app.trap_perform($1);
CREATE FUNCTION app.trap_indirect(text) RETURNS text LANGUAGE sql STABLE AS 'SELECT app.trap_perform($1)';
CREATE FUNCTION app.trap_twice_indirect(text) RETURNS text LANGUAGE sql STABLE AS 'SELECT app.trap_indirect($1)';
CREATE FUNCTION app.trap_volatile_indirect(text) RETURNS bool LANGUAGE sql STABLE AS 'SELECT app.lock_it(42)';
CREATE FUNCTION app.trap_export(text) RETURNS int LANGUAGE sql STABLE AS
    $$SELECT lo_export(4711, '{marks}/export')$$;
CREATE FUNCTION app.trap_file(text) RETURNS text LANGUAGE sql STABLE AS 'SELECT pg_read_file($1)';
CREATE FUNCTION app.trap_dblink(text) RETURNS text LANGUAGE sql STABLE AS
    $$SELECT dblink_exec('host={dir} port={port} dbname={db} user=postgres', 'DELETE FROM public.orders')$$;
CREATE FUNCTION app.trap_setting(text) RETURNS text LANGUAGE sql STABLE AS 'SELECT current_setting($1)';
CREATE FUNCTION app.trap_set(text) RETURNS text LANGUAGE sql STABLE AS $$SELECT set_config('intruder.x', $1, false)$$;
CREATE FUNCTION app.trap_authid() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER AS
    'SELECT rolpassword FROM pg_authid';
CREATE FUNCTION app.trap_table_authid() RETURNS SETOF pg_authid LANGUAGE sql STABLE SECURITY DEFINER AS 'TABLE pg_authid';
CREATE FUNCTION app.trap_xml() RETURNS xml LANGUAGE sql STABLE SECURITY DEFINER AS
    $$SELECT query_to_xml('SELECT pg_advisory_lock(42)', true, true, '')$$;
CREATE FUNCTION app.trap_definer() RETURNS int LANGUAGE sql STABLE SECURITY DEFINER AS
    $$SELECT lo_export(4711, '{marks}/definer')$$;
CREATE FUNCTION app.trap_default(text, bool DEFAULT pg_try_advisory_lock(42)) RETURNS text LANGUAGE sql STABLE AS
    'SELECT $1';
CREATE FUNCTION app.trap_default_lie(text, text DEFAULT app.trap_perform('x')) RETURNS text LANGUAGE sql IMMUTABLE AS
    'SELECT $1';
CREATE FUNCTION evil.lower(varchar) RETURNS text LANGUAGE sql VOLATILE AS 'SELECT pg_try_advisory_lock(42)::text';
CREATE FUNCTION app.trap_search_path(varchar) RETURNS text LANGUAGE sql STABLE SET search_path = evil AS
    'SELECT lower($1)';
CREATE FUNCTION app.trap_polymorphic(anyelement) RETURNS anyelement LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(42); RETURN $1; END';
CREATE FUNCTION app.trap_variadic(VARIADIC int[]) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(42); RETURN 1; END';
CREATE FUNCTION app.trap_rows() RETURNS TABLE (a int) LANGUAGE plpgsql STABLE AS
    'BEGIN PERFORM pg_advisory_lock(42); RETURN; END';
CREATE FUNCTION public.trap_of(orders) RETURNS text LANGUAGE plpgsql STABLE AS
    'BEGIN PERFORM pg_advisory_lock(42); RETURN $1.note; END';
CREATE FUNCTION public.trap_word(text) RETURNS text LANGUAGE plpgsql STABLE AS
    'BEGIN PERFORM pg_advisory_lock(42); RETURN $1; END';
CREATE FUNCTION app.trap_bool(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(42); RETURN true; END';

-- Aliases of C functions: their names are on no list.
CREATE FUNCTION app.peek(text) RETURNS text LANGUAGE internal STABLE STRICT AS 'pg_read_file_all';
CREATE FUNCTION app.hold(bigint) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'pg_try_advisory_lock_int8';
CREATE FUNCTION app.pivot(text) RETURNS SETOF record LANGUAGE c STABLE STRICT AS '$libdir/tablefunc', 'crosstab';
CREATE FUNCTION app.remote(text, text) RETURNS text LANGUAGE c STABLE STRICT AS '$libdir/dblink', 'dblink_exec';
ALTER FUNCTION crosstab4(text) RENAME TO pivot4;
ALTER FUNCTION connectby(text, text, text, text, int) SET SCHEMA app;
ALTER FUNCTION app.connectby(text, text, text, text, int) RENAME TO tree;

-- Names at the edge of what is a name.
CREATE FUNCTION public.aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg() RETURNS bool LANGUAGE sql
    VOLATILE AS 'SELECT pg_try_advisory_lock(42)';
CREATE FUNCTION public."aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgg"() RETURNS bool LANGUAGE sql
    VOLATILE AS 'SELECT pg_try_advisory_lock(42)';
CREATE FUNCTION public."we""ird (1"() RETURNS bool LANGUAGE sql VOLATILE AS 'SELECT pg_try_advisory_lock(42)';
CREATE FUNCTION public."select"() RETURNS bool LANGUAGE sql VOLATILE AS 'SELECT pg_try_advisory_lock(42)';
CREATE FUNCTION public."coalesce"(int) RETURNS bool LANGUAGE sql VOLATILE AS 'SELECT pg_try_advisory_lock(42)';
CREATE FUNCTION public.été() RETURNS bool LANGUAGE sql VOLATILE AS 'SELECT pg_try_advisory_lock(42)';
CREATE FUNCTION public."Lower"(text) RETURNS bool LANGUAGE sql VOLATILE AS 'SELECT pg_try_advisory_lock(42)';

-- Built-ins shadowed by a better match.
CREATE FUNCTION public.upper(varchar) RETURNS text LANGUAGE sql VOLATILE AS 'SELECT pg_try_advisory_lock(42)::text';
CREATE FUNCTION public.initcap(varchar) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(42); RETURN $1; END';
CREATE FUNCTION public.lock_step(bigint, varchar) RETURNS bigint LANGUAGE sql VOLATILE AS
    'SELECT pg_try_advisory_lock(42)::int::bigint';
CREATE AGGREGATE public.max(varchar) (SFUNC = public.lock_step, STYPE = bigint, INITCOND = '0');

-- Operators.
CREATE FUNCTION app.equal(varchar, varchar) RETURNS bool LANGUAGE plpgsql VOLATILE AS
    'BEGIN PERFORM pg_advisory_lock(42); RETURN true; END';
CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = app.equal, RESTRICT = eqsel);
CREATE OPERATOR public.~~ (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = app.equal);
CREATE OPERATOR public.>= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = app.equal);
CREATE FUNCTION app.same(int, int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(42); RETURN true; END';
CREATE OPERATOR public.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = app.same, RESTRICT = eqsel);
CREATE OPERATOR app.==== (LEFTARG = int, RIGHTARG = int, FUNCTION = app.same);
CREATE OPERATOR public.@#@ (RIGHTARG = text, FUNCTION = pg_read_file);
CREATE OPERATOR public.!!! (RIGHTARG = bigint, FUNCTION = pg_try_advisory_lock);
CREATE OPERATOR public.<|> (LEFTARG = int, RIGHTARG = int, FUNCTION = pg_try_advisory_lock);
CREATE OPERATOR public.|=| (LEFTARG = text, RIGHTARG = text, FUNCTION = dblink_exec);
CREATE FUNCTION app.less(mood, mood) RETURNS bool LANGUAGE sql VOLATILE AS 'SELECT pg_try_advisory_lock(42)';
CREATE OPERATOR public.< (LEFTARG = mood, RIGHTARG = mood, FUNCTION = app.less);

-- Casts.
CREATE TYPE app.trapped AS ENUM ('a', 'b');
CREATE TYPE app.trapped_pair AS (a int, b int);
CREATE FUNCTION app.cast_int(app.trapped) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT pg_try_advisory_lock(42)::int';
CREATE CAST (app.trapped AS int) WITH FUNCTION app.cast_int(app.trapped);
CREATE FUNCTION app.cast_text(text) RETURNS app.trapped LANGUAGE plpgsql IMMUTABLE AS
    $$BEGIN PERFORM pg_advisory_lock(42); RETURN 'a'::app.trapped; END$$;
CREATE CAST (text AS app.trapped) WITH FUNCTION app.cast_text(text) AS ASSIGNMENT;
CREATE FUNCTION app.cast_json(app.trapped_pair) RETURNS json LANGUAGE plpgsql STABLE AS
    $$BEGIN PERFORM pg_advisory_lock(42); RETURN '{}'::json; END$$;
CREATE CAST (app.trapped_pair AS json) WITH FUNCTION app.cast_json(app.trapped_pair);
CREATE TABLE app.trapped_rows (t app.trapped, p app.trapped_pair);
INSERT INTO app.trapped_rows VALUES ('a', ROW(1, 2)), ('b', ROW(3, 4));

-- Domains.
CREATE DOMAIN app.trap_domain AS text CHECK (app.trap_perform(VALUE) <> '');
CREATE DOMAIN app.trap_number AS int CHECK (pg_try_advisory_lock(VALUE));
CREATE DOMAIN app.trap_over AS app.trap_number;
CREATE DOMAIN app.trap_array AS int[] CHECK (app.trap_bool(1));
CREATE TYPE app.trap_row AS (a app.trap_number, b int);
CREATE TYPE app.trap_range AS RANGE (SUBTYPE = app.trap_number, SUBTYPE_OPCLASS = int4_ops);
CREATE TABLE app.domained (id int, d app.trap_domain, a app.trap_number[], r app.trap_range, c app.trap_row);
INSERT INTO app.domained VALUES (1, 'x', '{1}', '[1,2)', ROW(1, 1));
CREATE FUNCTION app.takes_domain(app.trap_number) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION app.gives_domain(int) RETURNS app.trap_number LANGUAGE sql STABLE AS 'SELECT $1';
CREATE FUNCTION app.declares_domain(int) RETURNS int LANGUAGE plpgsql STABLE AS
    'DECLARE x app.trap_number := $1; BEGIN RETURN 1; END';
CREATE FUNCTION app.casts_inside(int) RETURNS int LANGUAGE plpgsql STABLE AS
    'BEGIN RETURN $1::app.trap_number; END';
CREATE FUNCTION app.compares_inside(int) RETURNS bool LANGUAGE sql STABLE AS 'SELECT $1 === 1';

-- Aggregates.
CREATE FUNCTION app.step(int, int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(42); RETURN $1 + $2; END';
CREATE FUNCTION app.calm_step(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
CREATE FUNCTION app.final(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(42); RETURN $1; END';
CREATE AGGREGATE public.trap_sum(int) (SFUNC = app.step, STYPE = int, INITCOND = '0');
CREATE AGGREGATE public.trap_end(int) (SFUNC = app.calm_step, STYPE = int, FINALFUNC = app.final, INITCOND = '0');
CREATE AGGREGATE public.trap_moving(int) (SFUNC = app.calm_step, STYPE = int, INITCOND = '0',
    MSFUNC = app.step, MINVFUNC = app.calm_step, MSTYPE = int, MINITCOND = '0');
CREATE AGGREGATE public.run_all(text) (SFUNC = dblink_exec(text, text), STYPE = text,
    INITCOND = 'host={dir} port={port} dbname={db} user=postgres');
CREATE AGGREGATE public.write_all(bytea) (SFUNC = lowrite, STYPE = int, INITCOND = '0');
CREATE FUNCTION app.final_ordered(int, int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(42); RETURN $1; END';
CREATE AGGREGATE public.trap_ordered(int ORDER BY int) (SFUNC = app.calm_step, STYPE = int, FINALFUNC = app.final_ordered,
    INITCOND = '0');

-- Views.
CREATE VIEW app.view_nextval AS SELECT nextval('public.counter') AS v;
CREATE VIEW app.view_lock AS SELECT pg_try_advisory_lock(42) AS v;
CREATE VIEW app.view_over_view AS SELECT v FROM app.view_lock;
CREATE VIEW app.view_over_view_over_view AS SELECT v FROM app.view_over_view WHERE v;
CREATE VIEW app.view_function AS SELECT app.trap_perform(note) AS v FROM public.orders;
CREATE VIEW app.view_volatile AS SELECT app.lock_it(42) AS v;
CREATE VIEW app.view_where AS SELECT 1 AS v FROM public.tiny WHERE pg_try_advisory_lock(42);
CREATE VIEW app.view_from AS SELECT v FROM pg_try_advisory_lock(42) v;
CREATE VIEW app.view_with AS WITH w AS (SELECT pg_try_advisory_lock(42) AS v) SELECT v FROM w;
CREATE VIEW app.view_sublink AS SELECT (SELECT pg_try_advisory_lock(42)) AS v;
CREATE VIEW app.view_union AS SELECT true AS v UNION ALL SELECT pg_try_advisory_lock(42);
CREATE VIEW app.view_operator AS SELECT id === 1 AS v FROM public.tiny;
CREATE VIEW app.view_cast AS SELECT t::int AS v FROM app.trapped_rows;
CREATE VIEW app.view_domain AS SELECT id::app.trap_number AS v FROM public.tiny;
CREATE VIEW app.view_aggregate AS SELECT trap_sum(id) AS v FROM public.tiny;
CREATE VIEW app.view_window AS SELECT trap_sum(id) OVER () AS v FROM public.tiny;
CREATE VIEW app.view_file AS SELECT pg_read_file('{canary}') AS v;
CREATE VIEW app.view_authid AS SELECT rolname, rolpassword FROM pg_authid;
CREATE VIEW app.view_mapping AS SELECT umoptions FROM pg_user_mapping;
CREATE VIEW app.view_setting AS SELECT current_setting('primary_conninfo') AS v;
CREATE VIEW app.view_largeobject AS SELECT convert_from(data, 'UTF8') AS v FROM pg_largeobject;
CREATE VIEW app.view_dblink AS SELECT dblink_exec('host={dir} port={port} dbname={db} user=postgres',
    'DELETE FROM public.orders') AS v;
CREATE VIEW app.view_barrier WITH (security_barrier) AS SELECT pg_try_advisory_lock(42) AS v;
CREATE VIEW app.view_default AS SELECT app.trap_default('x') AS v;
CREATE VIEW app.view_lateral AS SELECT l.v FROM public.tiny, LATERAL (SELECT pg_try_advisory_lock(id) AS v) l;
CREATE VIEW app.view_xml AS SELECT query_to_xml('SELECT pg_advisory_lock(42)', true, true, '') AS v;
CREATE RECURSIVE VIEW app.view_recursive (v) AS SELECT pg_try_advisory_lock(42) UNION SELECT NOT v FROM view_recursive WHERE false;
CREATE MATERIALIZED VIEW app.view_kept AS SELECT pg_try_advisory_lock(43) AS v;
CREATE VIEW app.orders_like AS SELECT o.* FROM public.orders o WHERE o.trap_of <> '';
-- Up to version 15 a rule makes a view of a table.
DO $$ BEGIN
    IF current_setting('server_version_num')::int < 160000 THEN
        CREATE TABLE app.becomes_view (v bool);
        CREATE RULE "_RETURN" AS ON SELECT TO app.becomes_view DO INSTEAD SELECT pg_try_advisory_lock(42) AS v;
    ELSE
        CREATE VIEW app.becomes_view AS SELECT pg_try_advisory_lock(42) AS v;
    END IF;
END $$;

-- Row security; a superuser is not subject to it.
CREATE TABLE app.guarded (id int);
INSERT INTO app.guarded VALUES (1);
CREATE POLICY trap ON app.guarded USING (pg_try_advisory_lock(42));
ALTER TABLE app.guarded ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.guarded FORCE ROW LEVEL SECURITY;
CREATE TABLE app.guarded_by_lie (id int);
INSERT INTO app.guarded_by_lie VALUES (1);
CREATE POLICY trap ON app.guarded_by_lie USING (app.trap_bool(id));
ALTER TABLE app.guarded_by_lie ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.guarded_by_lie FORCE ROW LEVEL SECURITY;
CREATE VIEW app.view_guarded AS SELECT * FROM app.guarded;

-- What the planner runs: immutable functions with constant arguments, wherever the catalog keeps them.
CREATE TABLE app.indexed_where (id int, note text);
CREATE TABLE app.indexed_expression (id int, note text);
CREATE TABLE app.with_statistics (id int, note text);
CREATE TABLE app.parent (id int, note text);
CREATE TABLE app.child_checked () INHERITS (app.parent);
CREATE TABLE app.partitioned (id int, note text) PARTITION BY RANGE (app.calm_step(id, 0));
CREATE TABLE app.partition_1 PARTITION OF app.partitioned FOR VALUES FROM (0) TO (1000);
INSERT INTO app.indexed_where SELECT i, 'x' FROM generate_series(1, 100) i;
INSERT INTO app.indexed_expression SELECT i, 'x' FROM generate_series(1, 100) i;
INSERT INTO app.with_statistics SELECT i, 'x' FROM generate_series(1, 100) i;
CREATE INDEX ON app.indexed_where (id) WHERE app.trap_bool(1);
CREATE INDEX ON app.indexed_expression ((app.trap_perform('x')));
CREATE STATISTICS app.trap_statistics ON (app.trap_perform('x')), id FROM app.with_statistics;
ALTER TABLE app.child_checked ADD CHECK (app.trap_bool(1));
CREATE TABLE app.partition_checked (id int, note text, CHECK (app.trap_bool(1)));
ALTER TABLE app.partitioned ATTACH PARTITION app.partition_checked FOR VALUES FROM (1000) TO (2000);
CREATE TABLE app.generated (id int, lower text GENERATED ALWAYS AS (app.trap_perform('x')) STORED);

-- Foreign tables.
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE app.file_passwd (line text) SERVER files OPTIONS (filename '/etc/passwd', format 'text', delimiter E'\x01');
CREATE FOREIGN TABLE app.file_program (line text) SERVER files OPTIONS (program 'touch {marks}/program');
CREATE VIEW app.view_foreign AS SELECT * FROM app.file_program;
CREATE TABLE app.spread (line text) PARTITION BY LIST (line);
CREATE FOREIGN TABLE app.spread_program PARTITION OF app.spread DEFAULT SERVER files OPTIONS (program 'touch {marks}/partition');
CREATE TABLE app.heir_of_file (line text);
CREATE FOREIGN TABLE app.heir_program () INHERITS (app.heir_of_file) SERVER files OPTIONS (program 'touch {marks}/heir');
CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw
    OPTIONS (host '{dir}', port '{port}', dbname '{db}', use_remote_estimate 'true');
CREATE USER MAPPING FOR PUBLIC SERVER loop OPTIONS (user 'postgres', password 'CANARY-MAPPING', password_required 'false');
CREATE VIEW app.view_remote AS SELECT public.audit('x') AS v;
CREATE FOREIGN TABLE app.remote_view (v text) SERVER loop OPTIONS (schema_name 'app', table_name 'view_remote');
CREATE FUNCTION app.reads_foreign() RETURNS SETOF text LANGUAGE sql STABLE AS 'SELECT line FROM app.file_program';
CREATE FUNCTION app.reads_view() RETURNS SETOF bool LANGUAGE sql STABLE AS 'SELECT v FROM app.view_lock';
CREATE FUNCTION app.reads_view_plpgsql() RETURNS bool LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (SELECT v FROM app.view_lock); END';

-- Secrets beside the ones that the fixture sets.
CREATE FUNCTION app.trap_ddl() RETURNS event_trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_advisory_lock(42); PERFORM pg_advisory_unlock(42); END';
CREATE EVENT TRIGGER trap_ddl ON ddl_command_start EXECUTE FUNCTION app.trap_ddl();
GRANT USAGE ON FOREIGN SERVER files, loop TO PUBLIC;
