-- What comes with PostgreSQL and could be turned against it; later versions have fewer of them.
DO $$ <<extensions>> DECLARE name text; BEGIN
    FOREACH name IN ARRAY ARRAY[
        'adminpack', 'amcheck', 'autoinc', 'bloom', 'btree_gin', 'btree_gist', 'citext', 'cube', 'dblink',
        'dict_int', 'dict_xsyn', 'earthdistance', 'file_fdw', 'fuzzystrmatch', 'hstore', 'intarray', 'isn',
        'lo', 'ltree', 'moddatetime', 'pageinspect', 'pg_buffercache', 'pg_freespacemap', 'pg_prewarm',
        'pg_stat_statements', 'pg_surgery', 'pg_trgm', 'pg_visibility', 'pg_walinspect', 'pgcrypto',
        'pgrowlocks', 'pgstattuple', 'postgres_fdw', 'refint', 'seg', 'sslinfo', 'tablefunc', 'tcn',
        'tsm_system_rows', 'tsm_system_time', 'unaccent', 'uuid-ossp', 'xml2'
    ] LOOP
        IF EXISTS (SELECT FROM pg_available_extensions e WHERE e.name = extensions.name) THEN
            EXECUTE format('CREATE EXTENSION %I', name);
        END IF;
    END LOOP;
END $$;
