-- A small shop: what ordinary reads read.
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, email varchar(80), tags text[], profile jsonb,
    created timestamptz NOT NULL DEFAULT '2026-01-02 03:04:05+00');
COMMENT ON TABLE customers IS 'Who buys';
COMMENT ON COLUMN customers.email IS 'May be empty';
INSERT INTO customers VALUES (1, 'Ada', 'ada@example.org', '{vip,early}', '{"age": 36, "city": "London"}'),
    (2, 'Grace', NULL, '{}', '{"age": 45, "city": "New York"}'), (3, E'Tab\tand\nnewline', 'x', NULL, NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id int NOT NULL REFERENCES customers (id),
    total numeric(10,2) NOT NULL CHECK (total >= 0), placed date NOT NULL, note text);
INSERT INTO orders SELECT i, 1 + i % 3, i * 1.25, date '2026-01-01' + i % 90, 'note ' || i
    FROM generate_series(1, 300) AS i;
CREATE INDEX orders_placed ON orders (placed);
CREATE INDEX orders_placed_brin ON orders USING brin (placed);
CREATE INDEX customers_tags ON customers USING gin (tags);
CREATE TABLE log (at timestamptz, text text);
CREATE TABLE tiny (id int);
INSERT INTO tiny VALUES (1), (2), (3);
CREATE SEQUENCE counter;
CREATE VIEW big_orders AS SELECT * FROM orders WHERE total > 300;
CREATE MATERIALIZED VIEW totals AS SELECT customer_id, sum(total) AS total FROM orders GROUP BY 1;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TYPE address AS (street text, number int);
CREATE TABLE measurements (at timestamptz, value float8, room text) PARTITION BY RANGE (at);
CREATE TABLE measurements_2026 PARTITION OF measurements FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO measurements SELECT timestamptz '2026-01-01+00' + i * interval '1 hour', i % 17, 'room ' || i % 3
    FROM generate_series(1, 200) AS i;
CREATE TABLE archive_orders () INHERITS (orders);
CREATE SCHEMA app;
CREATE TABLE app.settings (key text PRIMARY KEY, value text);
INSERT INTO app.settings VALUES ('colour', 'blue');
CREATE FUNCTION app.wipe() RETURNS int LANGUAGE sql AS 'DELETE FROM public.orders RETURNING 1';
CREATE FUNCTION app.calm() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1';
CREATE FUNCTION public.audit(note text) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO log VALUES (now(), note); RETURN note; END $$;
CREATE FUNCTION public.calm(note text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT note';
CREATE FUNCTION public.spend(customers) RETURNS numeric LANGUAGE sql VOLATILE AS
    'SELECT sum(total) FROM public.orders WHERE customer_id = $1.id';
CREATE FUNCTION public.full_name(c customers) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1.name || ''!''';
CREATE FUNCTION public.double(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT x * 2';
CREATE FUNCTION public.price_with_tax(net numeric, rate numeric DEFAULT 0.2) RETURNS numeric LANGUAGE plpgsql STABLE AS $$
    DECLARE gross numeric := net * (1 + rate);
    BEGIN IF gross < 0 THEN RAISE EXCEPTION 'negative'; END IF; RETURN round(gross, 2); END $$;
CREATE FUNCTION public.orders_of(customer int) RETURNS SETOF orders LANGUAGE sql STABLE AS
    'SELECT * FROM public.orders WHERE customer_id = customer ORDER BY id';
CREATE FUNCTION public.median_step(numeric[], numeric) RETURNS numeric[] LANGUAGE sql IMMUTABLE AS 'SELECT $1 || $2';
CREATE FUNCTION public.median_end(numeric[]) RETURNS numeric LANGUAGE sql IMMUTABLE AS
    'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY v) FROM unnest($1) v';
CREATE AGGREGATE public.my_median(numeric) (SFUNC = public.median_step, STYPE = numeric[], INITCOND = '{}',
    FINALFUNC = public.median_end);
CREATE FUNCTION public.same_letters(text, text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT lower($1) = lower($2)';
CREATE OPERATOR public.=~= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.same_letters);
CREATE FUNCTION public.noise() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 4';
CREATE FUNCTION public.add_noise(int, int) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT $1 + $2';
CREATE AGGREGATE public.noisy_sum(int) (SFUNC = public.add_noise, STYPE = int, INITCOND = '0');
CREATE PROCEDURE app.nothing() LANGUAGE plpgsql AS 'BEGIN NULL; END';
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper) THEN
        PERFORM lo_from_bytea(4711, 'CANARY-LARGE-OBJECT');
    END IF;
END $$;
ANALYZE;
