-- A database whose administrator has bent the defaults, and where the search path finds other people's things first.
CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql VOLATILE AS
    'SELECT clock_timestamp() FROM pg_try_advisory_lock(44)';
CREATE FUNCTION public.length(text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(44); RETURN 1; END';
CREATE FUNCTION public.count_step(bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(44); RETURN $1; END';
CREATE AGGREGATE public.count(*) (SFUNC = public.count_step, STYPE = bigint, INITCOND = '0');
CREATE FUNCTION public.lock_int(int, int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(44); RETURN true; END';
CREATE OPERATOR public.= (LEFTARG = int, RIGHTARG = int, FUNCTION = public.lock_int);
CREATE FUNCTION public.lock_oid(oid, oid) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(44); RETURN true; END';
CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = public.lock_oid);
CREATE FUNCTION public.lock_name(name, name) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(44); RETURN true; END';
CREATE OPERATOR public.= (LEFTARG = name, RIGHTARG = name, FUNCTION = public.lock_name);
CREATE FUNCTION public.lock_texts(text, text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(44); RETURN $1; END';
CREATE OPERATOR public.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = public.lock_texts);
CREATE FUNCTION public.lock_check(uuid) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(44); RETURN true; END';
CREATE DOMAIN public.uuid AS pg_catalog.uuid CHECK (public.lock_check(VALUE));
CREATE VIEW public.pg_class AS SELECT pg_try_advisory_lock(44) AS v;
CREATE VIEW public.pg_stat_activity AS SELECT pg_try_advisory_lock(44) AS v;
CREATE FUNCTION public.current_schemas(bool) RETURNS name[] LANGUAGE plpgsql IMMUTABLE AS
    $$BEGIN PERFORM pg_advisory_lock(44); RETURN '{pg_catalog}'; END$$;
CREATE FUNCTION public.generate_series(int, int) RETURNS SETOF int LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_advisory_lock(44); RETURN; END';
ALTER DATABASE bent SET search_path = public, pg_catalog;
ALTER DATABASE bent SET standard_conforming_strings = off;
ALTER DATABASE bent SET escape_string_warning = off;
ALTER DATABASE bent SET backslash_quote = on;
ALTER DATABASE bent SET default_transaction_read_only = off;
ALTER DATABASE bent SET transform_null_equals = on;
ALTER DATABASE bent SET bytea_output = 'escape';
ALTER DATABASE bent SET xmloption = 'document';
ALTER DATABASE bent SET statement_timeout = 0;
