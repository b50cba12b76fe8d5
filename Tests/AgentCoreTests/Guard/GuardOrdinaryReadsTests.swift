import PGConnector
import TestSupport
import Testing

@testable import AgentCore

/// "Ordinary reads that products of this kind refuse by mistake (all must run here)".
@Suite("Ordinary reads")
struct GuardOrdinaryReadsTests {
    static let statements: [String] = [
        "SELECT 1", "SELECT", "SELECT 1;", "  -- a comment\nSELECT 1 -- and one more", "select * from orders limit 5",
        "(SELECT 1)", "((SELECT 1) UNION (SELECT 2)) ORDER BY 1", "TABLE orders", "VALUES (1, 'a'), (2, NULL)",
        "WITH a AS (SELECT 1 AS x), b AS MATERIALIZED (SELECT x + 1 AS y FROM a) SELECT * FROM a, b",
        "WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT sum(n) FROM t",
        "WITH RECURSIVE t(a, b) AS (VALUES (1, 2) UNION ALL SELECT b, b + 1 FROM t WHERE b < 5) SEARCH DEPTH FIRST BY a SET o "
            + "SELECT * FROM t ORDER BY o",
        "WITH RECURSIVE t(a, b) AS (VALUES (1, 2) UNION SELECT b, a FROM t) CYCLE a SET is_cycle USING path SELECT * FROM t",
        "SELECT now() AT TIME ZONE 'Europe/Paris'", "SELECT date_bin('15 minutes', now(), timestamp '2001-01-01')",
        "SELECT (date '2026-01-01', date '2026-02-01') OVERLAPS (date '2026-01-15', interval '1 day')",
        "SELECT generate_series(1, 3), generate_series(1, 2)", "SELECT unnest(tags) FROM customers",
        "SELECT * FROM generate_series('2026-01-01'::timestamp, '2026-01-03', '1 day') WITH ORDINALITY",
        "SELECT name FROM customers WHERE name LIKE 'A' || '%'", "SELECT 'abc' SIMILAR TO '%(b|d)%'",
        "SELECT name ILIKE ANY (ARRAY['a%', 'b%']) FROM customers",
        "SELECT 'abc' ~* 'B', regexp_replace('a', 'a', 'b')",
        "SELECT count(*), sum(total), avg(total), min(total), max(total), stddev(total), variance(total) FROM orders",
        "SELECT string_agg(name, ',' ORDER BY name), array_agg(DISTINCT id), json_agg(c), jsonb_object_agg(id, name) FROM "
            + "customers c",
        "SELECT bool_and(true), every(true), bit_or(1), corr(1, 2), regr_slope(1, 2), xmlagg('<a/>'::xml)",
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total), mode() WITHIN GROUP (ORDER BY placed) FROM orders",
        "SELECT count(*) FILTER (WHERE total > 10) FROM orders",
        "SELECT rank(5) WITHIN GROUP (ORDER BY id) FROM orders",
        "SELECT id, row_number() OVER w, rank() OVER w, lag(total) OVER w, first_value(id) OVER w, ntile(4) OVER w FROM orders "
            + "WINDOW w AS (PARTITION BY customer_id ORDER BY placed ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
        "SELECT customer_id, placed, sum(total) FROM orders GROUP BY GROUPING SETS ((customer_id), (placed), ())",
        "SELECT grouping(customer_id), count(*) FROM orders GROUP BY ROLLUP (customer_id)",
        "SELECT * FROM jsonb_to_recordset('[{\"a\": 1}]') AS x(a int)", "SELECT * FROM jsonb_each('{\"a\": 1}')",
        "SELECT profile->>'city', profile #>> '{age}', profile @> '{\"age\": 36}', profile ? 'age' FROM customers",
        "SELECT jsonb_path_query(profile, '$.age ? (@ > 40)') FROM customers", "SELECT to_jsonb(c) FROM customers c",
        "SELECT int4range(1, 5) && int4range(3, 8), '[1,5)'::int4range @> 3, upper(int4range(1, 5))",
        "SELECT '{[1,2),[5,6)}'::int4multirange",
        "SELECT point(1, 2) <-> point(3, 4), circle '<(0,0),1>', box '(1,1),(2,2)'",
        "SELECT obj_description('customers'::regclass), col_description('customers'::regclass, 3)",
        "SELECT pg_relation_size('orders'), pg_total_relation_size('orders'), pg_size_pretty(pg_table_size('orders'))",
        "SELECT pg_database_size(current_database()), pg_indexes_size('orders'), pg_tablespace_size('pg_default')",
        "SELECT * FROM pg_stat_user_tables", "SELECT * FROM pg_stat_activity", "SELECT * FROM pg_stat_database",
        "SELECT * FROM pg_locks", "SELECT * FROM pg_stats LIMIT 10", "SELECT * FROM pg_statio_user_tables",
        "SELECT pg_stat_get_live_tuples('orders'::regclass)", "SELECT pg_blocking_pids(pg_backend_pid())",
        "SELECT txid_current_if_assigned()", "SELECT txid_current()", "SELECT pg_current_xact_id()",
        "SELECT pg_current_wal_lsn()", "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn", "SELECT pg_is_in_recovery()",
        "SELECT sha256('a'), md5('a'), encode('a', 'base64'), digest('a', 'sha1')", "SELECT uuid_generate_v4()",
        "SELECT gen_random_uuid()", "SELECT gen_random_bytes(4)", "SELECT random(), clock_timestamp(), timeofday()",
        "SELECT pg_sleep(0)", "SELECT pg_sleep_for('0 s')", "SELECT XMLELEMENT(name a, XMLATTRIBUTES(1 AS b), 'x')",
        "SELECT * FROM XMLTABLE('/r/i' PASSING '<r><i>1</i></r>' COLUMNS i int PATH '.')",
        "SELECT xpath('/a/text()', '<a>b</a>'), XMLSERIALIZE(CONTENT '<a/>' AS text), XMLFOREST(1 AS a), XMLCONCAT('<a/>')",
        "EXPLAIN SELECT * FROM orders", "EXPLAIN ANALYZE SELECT * FROM orders", "EXPLAIN DELETE FROM orders",
        "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM orders", "EXPLAIN INSERT INTO log SELECT now(), 'x'",
        "EXPLAIN (ANALYZE false) UPDATE orders SET total = 0", "EXPLAIN (ANALYZE true, ANALYZE off) DELETE FROM orders",
        "EXPLAIN CREATE TABLE intruder AS SELECT 1", "EXPLAIN VERBOSE SELECT 1",
        "SELECT * FROM orders TABLESAMPLE BERNOULLI (50)",
        "SELECT * FROM orders TABLESAMPLE SYSTEM (50) REPEATABLE (1)",
        "SELECT * FROM customers c, LATERAL (SELECT * FROM orders o WHERE o.customer_id = c.id LIMIT 1) o",
        "SELECT * FROM ROWS FROM (generate_series(1, 2), generate_series(1, 3)) AS t(a, b)",
        "SELECT * FROM orders ORDER BY total FETCH FIRST 3 ROWS WITH TIES",
        "SELECT * FROM orders OFFSET 2 ROWS LIMIT 1",
        "SHOW ALL", "SHOW search_path", "SHOW TimeZone", "SHOW TIME ZONE", "SHOW server_version",
        "SHOW TRANSACTION ISOLATION LEVEL", "SELECT current_setting('server_version')", "SELECT * FROM pg_settings",
        "SELECT current_setting('no.such', true), current_setting ( 'TimeZone' )",
        // Words of statements as names.
        "SELECT 'DELETE FROM orders; DROP TABLE log'", "SELECT 1 AS \"into\", 2 AS \"update\", 3 AS delete",
        "SELECT share, lock FROM (SELECT 1 AS share, 2 AS lock) AS update", "SELECT substring('abc' FROM 2 FOR 1)",
        "SELECT overlay('abc' PLACING 'x' FROM 2 FOR 1)", "SELECT substring('abc' FOR 2)",
        "SELECT * FROM orders FOR READ ONLY", "SELECT $$ ; DELETE FROM orders $$", "SELECT $tag$ $$ ; $tag$",
        "SELECT E'it\\'s; ' || U&'d\\0061t\\+000061' || B'101'::text || 'a'\n'b'", "SELECT /* ; /* nested */ */ 1",
        "SELECT extract(epoch FROM now()), extract(year FROM placed) FROM orders LIMIT 1",
        "SELECT position('b' IN 'abc')",
        "SELECT trim(BOTH 'x' FROM 'xax'), coalesce(NULL, 1), nullif(1, 2), greatest(1, 2), least(1, 2)",
        "SELECT CAST('1' AS int), '1'::int, int '1', interval '1 day', timestamp with time zone '2026-01-01'",
        "SELECT normalize('a', NFC), 'a' IS NFC NORMALIZED, collation for ('a')",
        "SELECT current_date, localtime, user",
        "SELECT current_catalog, current_schema, session_user, current_role", "SELECT ROW(1, 'a'), (1, 2) = (1, 2)",
        "SELECT (array[1, 2])[1], (array[1, 2, 3])[2:3], array_length(array[1], 1), 1 = ANY (array[1, 2])",
        "SELECT EXISTS (SELECT 1), 1 IN (SELECT 1), 1 > ALL (SELECT 0), NOT (1 BETWEEN 2 AND 3)",
        "SELECT CASE WHEN 1 = 1 THEN 'a' ELSE 'b' END", "SELECT (c).name, c.full_name FROM customers c",
        "SELECT full_name(c), double(2) FROM customers c", "SELECT 'happy'::mood > 'sad'::mood, enum_range(NULL::mood)",
        "SELECT * FROM big_orders", "TABLE totals", "SELECT * FROM app.settings",
        "SELECT public.orders.id FROM public.orders",
        "SELECT o.id, o.note FROM orders AS o JOIN customers USING (id) NATURAL JOIN (SELECT 1) x",
        "SELECT to_tsvector('english', 'fat cats') @@ to_tsquery('cat'), ts_headline('a b', 'a'::tsquery)",
        "SELECT currval('counter') WHERE false", "SELECT last_value FROM counter",
        "SELECT pg_sequence_last_value('counter')",
        "SELECT similarity('abc', 'abd'), 'abc' % 'abd'", "SELECT levenshtein('a', 'b'), soundex('a')",
        "SELECT 'a=>1'::hstore -> 'a'", "SELECT unaccent('é')", "SELECT * FROM pg_stat_statements(true) LIMIT 1",
        "SELECT crypt('a', gen_salt('md5'))", "SELECT inet '10.0.0.1' << inet '10.0.0.0/8', host(inet '10.0.0.1')",
        "SELECT pg_get_viewdef('big_orders'::regclass), pg_get_indexdef('orders_placed'::regclass)",
        "SELECT has_table_privilege('orders', 'SELECT'), pg_typeof(1), format_type(23, NULL), to_regclass('orders')",
        "SELECT * FROM pg_roles", "SELECT * FROM pg_user", "SELECT rolname FROM pg_catalog.pg_roles",
        "SELECT * FROM information_schema.columns LIMIT 5", "SELECT * FROM information_schema.tables",
        "SELECT * FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LIMIT 1",
        "SELECT * FROM pg_proc LIMIT 1",
        "SELECT * FROM pg_extension", "SELECT * FROM pg_available_extensions", "SELECT * FROM pg_indexes",
        "SELECT * FROM pg_partition_tree('orders')", "SELECT * FROM pg_timezone_names LIMIT 1",
        "SELECT * FROM pg_sequences",
        "SELECT * FROM pg_prepared_xacts", "SELECT * FROM pg_replication_slots", "SELECT * FROM pg_stat_replication",
        "SELECT * FROM pg_stat_wal_receiver", "SELECT * FROM pg_stat_bgwriter", "SELECT * FROM pg_stat_progress_vacuum",
        "SELECT 1_0 AS x WHERE false", "SELECT json_build_object('a', 1), row_to_json(c) FROM customers c",
        "SELECT o.customer_id, o.\"total\" FROM orders o WHERE o.placed >= '2026-01-01'::date ORDER BY o.total DESC NULLS LAST",
        "SELECT (SELECT max(total) FROM orders), (SELECT name FROM customers LIMIT 1) AS \"Name with spaces\"",
        "SELECT DISTINCT ON (customer_id) * FROM orders ORDER BY customer_id, placed DESC",
        "SELECT id FROM orders EXCEPT ALL SELECT id FROM orders WHERE id > 5 INTERSECT SELECT 1",
    ]

    static let shop = Result {
        try ShopDatabase.make(extensions: [
            "pgcrypto", "uuid-ossp", "pg_trgm", "fuzzystrmatch", "hstore", "unaccent",
        ])
    }

    /// What needs more than this server has: the answer is the server's then, and not a refusal of the guard.
    static let serverMayRefuse = ["1_0", "pg_stat_statements"]

    @Test("An ordinary read answers", arguments: statements)
    func answers(_ sql: String) async throws {
        let shop = try Self.shop.get()
        let ending = await Ending { try await shop.database.query(QueryRequest(sql: sql)) }
        if case .answered = ending { return }
        if ending == .failed("server_error"), Self.serverMayRefuse.contains(where: { sql.contains($0) }) { return }
        do {
            _ = try await shop.database.query(QueryRequest(sql: sql))
        } catch {
            Issue.record("\(sql): \(error)")
        }
    }

    @Test("There are at least a hundred ordinary reads") func enough() {
        #expect(Self.statements.count >= 100)
    }

    @Test(
        "A row is found again when the answer begins at an offset",
        arguments: [
            "SELECT i FROM generate_series(0, 20) AS i",
            "VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)",
            "(SELECT i FROM generate_series(0, 20) AS i)",
            "WITH x AS (SELECT i FROM generate_series(0, 20) AS i) TABLE x",
            "SELECT i FROM generate_series(0, 20) AS i; -- the end",
            "/* before */ SELECT i FROM generate_series(0, 20) AS i",
        ])
    func offset(_ sql: String) async throws {
        let shop = try Self.shop.get()
        let result = try await shop.database.query(QueryRequest(sql: sql, limit: 2, offset: 7))
        #expect(result.rows.map { $0[0] } == ["7", "8"])
        #expect(result.nextOffset == 9)
        #expect(result.truncated == .rows)
    }

    @Test(
        "SHOW and EXPLAIN, which no cursor takes, are paged too",
        arguments: ["SHOW ALL", "EXPLAIN SELECT * FROM orders"])
    func offsetWithoutCursor(_ sql: String) async throws {
        let shop = try Self.shop.get()
        let all = try await shop.database.query(QueryRequest(sql: sql))
        let rest = try await shop.database.query(QueryRequest(sql: sql, offset: 1))
        #expect(rest.rowCount == all.rowCount - 1)
    }
}
