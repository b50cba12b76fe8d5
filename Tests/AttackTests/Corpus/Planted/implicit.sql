-- A cast that applies by itself: nothing in a statement shows it.
CREATE SCHEMA evil;
CREATE TYPE app.trapped AS ENUM ('a', 'b');
CREATE FUNCTION app.cast_int(app.trapped) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(46); RETURN 1; END';
CREATE CAST (app.trapped AS int) WITH FUNCTION app.cast_int(app.trapped) AS IMPLICIT;
CREATE TABLE app.trapped_rows (t app.trapped);
INSERT INTO app.trapped_rows VALUES ('a');
