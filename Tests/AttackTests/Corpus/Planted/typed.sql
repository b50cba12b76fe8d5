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
