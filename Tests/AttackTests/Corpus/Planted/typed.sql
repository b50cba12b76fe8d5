-- Types alone: no operator of this database is hazardous, so that nothing but the types of columns can be the reason.
CREATE SCHEMA evil;
CREATE DOMAIN app.trap_number AS int CHECK (pg_try_advisory_lock(47));
CREATE TYPE app.trap_row AS (a app.trap_number, b int);
CREATE TYPE app.trap_range AS RANGE (SUBTYPE = app.trap_number, SUBTYPE_OPCLASS = int4_ops);
CREATE TABLE app.domained (id int, n app.trap_number, a app.trap_number[], r app.trap_range, c app.trap_row);
INSERT INTO app.domained VALUES (1, 1, '{1}', '[1,2)', ROW(1, 1));
