-- An ordinary role owns the database and what is in it, but for what only a superuser can make: the views, the functions
-- that run with their owner's rights, and what is foreign stay the superuser's, and anybody may read them.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) 'shop_owner') THEN
        CREATE ROLE shop_owner LOGIN PASSWORD 'owner-password';
        CREATE ROLE keeper LOGIN PASSWORD 'keeper-password';
        ALTER ROLE keeper SET app.kept_api_key = 'CANARY-KEPT';
    END IF;
END $$;
SELECT pg_create_logical_replication_slot('kept_slot', 'pgoutput')
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots);
SELECT pg_replication_origin_create('kept_origin')
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_replication_origin);
DO $$ DECLARE thing record; BEGIN
    EXECUTE format('ALTER DATABASE %I OWNER TO shop_owner', current_database());
    FOR thing IN SELECT c.oid::regclass AS name, CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind
        FROM pg_catalog.pg_class c WHERE relkind IN ('r', 'p', 'S') AND relnamespace::regnamespace::text IN ('public', 'app')
    LOOP EXECUTE format('ALTER %s %s OWNER TO shop_owner', thing.kind, thing.name); END LOOP;
END $$;
ALTER SCHEMA app OWNER TO shop_owner;
GRANT USAGE ON SCHEMA public, app, evil TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA public, app TO PUBLIC;
