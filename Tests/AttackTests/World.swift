import Foundation
import MCPProtocol
import PGConnector
import Synchronization
import TestSupport

/// Everything of a server that a statement could have changed, looked at from outside of `agentd`.
///
/// ``digest()`` is one query: it is taken after every statement. The position of the write-ahead log and the next
/// transaction number stand in it, so that it differs after anything that was written at all, even when that was rolled
/// back. ``whole()`` is dumps, catalogs and files.
struct World: Sendable {
    private let fixture: PostgresFixture
    private let auditor: PGClient
    private let client: MCPClient
    private let marks: String
    private let sentinel: Sentinel

    /// Starts to watch a server; nothing else may work on it from here on.
    static func watch(_ fixture: PostgresFixture, client: MCPClient, marks: String) async throws -> World {
        let auditor = PGClient(
            configuration: fixture.configuration(
                database: AttackedServer.database, pool: PGPoolConfiguration(max: 1, lifetime: .seconds(86_400))))
        return World(
            fixture: fixture, auditor: auditor, client: client, marks: marks, sentinel: try await .start(fixture))
    }

    // MARK: After each statement

    /// The cheap look: names of parts and what they are.
    func digest() async throws -> [String: String] {
        var parts: [String: String] = [:]
        for try await row in try await auditor.query(Self.digestQuery, [.text(marks)]) {
            parts[row.string(0) ?? ""] = row.string(1) ?? "NULL"
        }
        return parts
    }

    private static let digestQuery = """
        SELECT 'next transaction', pg_snapshot_xmax(pg_current_snapshot())::text
        UNION ALL SELECT 'write-ahead log', pg_current_wal_insert_lsn()::text
        UNION ALL SELECT 'orders', concat_ws(' ', count(*), sum(total), md5(string_agg(o::text, ',' ORDER BY id))) FROM orders o
        UNION ALL SELECT 'log', count(*)::text FROM log
        UNION ALL SELECT 'sequences', string_agg(concat_ws(' ', s.relname, pg_sequence_last_value(s.oid)), ',' ORDER BY s.oid)
            FROM pg_class s WHERE relkind = 'S' AND relpersistence = 'p'
        UNION ALL SELECT 'locks', count(*) || ' ' || string_agg(concat_ws(' ', locktype, relation, classid, objid, mode), ','
            ORDER BY locktype, relation, classid, objid, mode) FROM pg_locks WHERE pid <> pg_backend_pid()
        UNION ALL SELECT 'slots', string_agg(s::text, ',' ORDER BY slot_name) FROM pg_replication_slots s
        UNION ALL SELECT 'origins', string_agg(s::text, ',') FROM pg_show_replication_origin_status() s
        UNION ALL SELECT 'prepared transactions', count(*)::text FROM pg_prepared_xacts
        UNION ALL SELECT 'settings', md5(string_agg(concat_ws(' ', name, setting, source), ',' ORDER BY name)) FROM pg_settings
        UNION ALL SELECT 'configuration read', pg_conf_load_time()::text
        UNION ALL SELECT 'server started', pg_postmaster_start_time()::text
        UNION ALL SELECT 'statistics reset', concat_ws(' ', (SELECT string_agg(datname || ' ' || stats_reset, ',' ORDER BY datid)
            FROM pg_stat_database), (SELECT stats_reset FROM pg_stat_bgwriter), (SELECT stats_reset FROM pg_stat_wal),
            (SELECT stats_reset FROM pg_stat_archiver), (SELECT string_agg(name || ' ' || stats_reset, ',') FROM pg_stat_slru),
            (SELECT stats_reset FROM pg_stat_statements_info), (SELECT count(stats_reset) FROM pg_stat_replication_slots))
        UNION ALL SELECT 'configuration files', string_agg(concat_ws(' ', f, s.size, s.modification), ',' ORDER BY f)
            FROM unnest(ARRAY['postgresql.auto.conf', 'postgresql.conf', 'pg_hba.conf', 'pg_ident.conf']) f, pg_stat_file(f) s
        UNION ALL SELECT 'folders', string_agg(d || '/' || f, ',' ORDER BY d, f) FROM unnest(ARRAY['pg_replslot',
            'pg_snapshots', 'pg_twophase', 'pg_tblspc', 'pg_dynshmem', 'pg_logical', 'global']) d, pg_ls_dir(d) f
            WHERE f NOT IN ('pg_internal.init')
        UNION ALL SELECT 'files of the statement', string_agg(f, ',' ORDER BY f) FROM pg_ls_dir($1::text) f
        UNION ALL SELECT 'processes', string_agg(concat_ws(' ', pid, backend_type), ',' ORDER BY pid) FROM pg_stat_activity
            WHERE application_name = 'sentinel' OR backend_type IN ('checkpointer', 'walwriter', 'background writer')
        UNION ALL SELECT 'sessions', string_agg(DISTINCT concat_ws(' ', datname, usename, application_name), ',')
            FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name NOT LIKE '%agent%'
        """

    /// Compares with an earlier digest.
    ///
    /// A server process that is ending, and the background writer's note of which transactions run, are nobody's doing.
    /// - Returns: the digest to go on with, and what differs.
    func compare(with before: [String: String]) async throws -> (digest: [String: String], difference: [String]) {
        for attempt in 0... {
            let now = try await digest()
            var expected = before
            if let old = before["write-ahead log"], let new = now["write-ahead log"], old != new,
                try await onlyNotes(since: old)
            {
                expected["write-ahead log"] = new
            }
            let difference = Self.difference(expected, now)
            let mayPass = difference.allSatisfy { $0.hasPrefix("locks") || $0.hasPrefix("sessions") }
            if difference.isEmpty || !mayPass || attempt == 1500 { return (now, difference) }
            try await Task.sleep(for: .milliseconds(20))
        }
        return (before, [])
    }

    /// Whether nothing was written since but notes of the background writer. What is not flushed yet cannot be read.
    private func onlyNotes(since position: String) async throws -> Bool {
        for _ in 0..<3000 {
            if try await value("SELECT pg_current_wal_flush_lsn() = pg_current_wal_insert_lsn()") == "t" { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        let sql = """
            SELECT count(*) FROM pg_get_wal_records_info($1::text::pg_lsn, pg_current_wal_flush_lsn())
             WHERE start_lsn >= $1::text::pg_lsn AND NOT (resource_manager = 'Standby' AND record_type = 'RUNNING_XACTS')
            """
        return try await value(sql, [.text(position)]) == "0"
    }

    private func value(_ sql: String, _ parameters: [PGParameter] = []) async throws -> String? {
        var value: String?
        for try await row in try await auditor.query(sql, parameters) { value = row.string(0) }
        return value
    }

    // MARK: Every fifty statements

    /// The whole of it, by part.
    func whole() async throws -> [String: String] {
        var parts = try await digest()
        for database in AttackedServer.databases {
            parts["dump of \(database)"] = try dump("pg_dump", ["--dbname", database])
        }
        parts["roles"] = try dump("pg_dumpall", ["--globals-only"])
        for try await row in try await auditor.query(Self.catalogQuery) {
            parts[row.string(0) ?? ""] = row.string(1) ?? "NULL"
        }
        parts["files"] = try files()
        for database in AttackedServer.databases {
            parts["session of \(database)"] = try await session(of: database)
        }
        parts["notifications"] = sentinel.received
        return parts
    }

    private static let catalogQuery = """
        SELECT 'kept settings', string_agg(s::text, ',' ORDER BY setdatabase, setrole) FROM pg_db_role_setting s
        UNION ALL SELECT 'file settings', md5(string_agg(s::text, ',' ORDER BY seqno)) FROM pg_file_settings s
        UNION ALL SELECT 'origin names', string_agg(s::text, ',' ORDER BY roident) FROM pg_replication_origin s
        UNION ALL SELECT 'large objects', md5(string_agg(s::text, ',' ORDER BY loid, pageno)) FROM pg_largeobject s
        UNION ALL SELECT 'collations', md5(string_agg(s::text, ',' ORDER BY oid)) FROM pg_collation s
        UNION ALL SELECT 'databases', md5(string_agg(s::text, ',' ORDER BY oid)) FROM pg_database s
        UNION ALL SELECT 'relations', md5(string_agg(s::text, ',' ORDER BY oid)) FROM pg_class s
        UNION ALL SELECT 'functions', md5(string_agg(s::text, ',' ORDER BY oid)) FROM pg_proc s
        UNION ALL SELECT 'statistics', md5(string_agg(s::text, ',' ORDER BY starelid, staattnum)) FROM pg_statistic s
        UNION ALL SELECT 'subscriptions', count(*)::text FROM pg_subscription
        UNION ALL SELECT 'tablespaces', string_agg(s::text, ',' ORDER BY oid) FROM pg_tablespace s
        """

    private func dump(_ program: String, _ arguments: [String]) throws -> String {
        try PostgresFixture.run(
            [
                fixture.program(program), "--no-sync", "--host", fixture.directory, "--port", String(fixture.port),
                "--username",
                fixture.superuser,
            ] + arguments
        ).split(separator: "\n").filter { !$0.contains("restrict ") }.joined(separator: "\n")
    }

    /// Names of all files that do not come and go by themselves, and the text of the configuration.
    private func files() throws -> String {
        var lines: [String] = []
        let passing = [
            "pg_wal/", "pg_stat", "pgsql_tmp", "pg_internal.init", "_fsm", "_vm", "pg_notify", "pg_subtrans",
        ]
        let enumerator = FileManager.default.enumerator(atPath: fixture.dataDirectory)
        while let file = enumerator?.nextObject() {
            guard let file = file as? String, !passing.contains(where: { file.contains($0) }) else { continue }
            lines.append(file)
            if file.hasSuffix(".conf") {
                lines.append(try String(contentsOfFile: fixture.dataDirectory + "/" + file, encoding: .utf8))
            }
        }
        for folder in [fixture.directory, marks] {
            lines += try FileManager.default.contentsOfDirectory(atPath: folder)
        }
        return lines.sorted().joined(separator: "\n")
    }

    /// What the pooled connection itself knows of, asked through `agentd`.
    private func session(of database: String) async throws -> String {
        let settings = [
            "transaction_read_only", "default_transaction_read_only", "default_transaction_isolation", "search_path",
            "statement_timeout", "lock_timeout", "work_mem", "DateStyle", "IntervalStyle", "TimeZone",
            "client_encoding",
            "standard_conforming_strings", "row_security", "xmloption", "bytea_output", "application_name",
            "session_replication_role", "constraint_exclusion", "extra_float_digits", "default_tablespace",
            "transform_null_equals", "log_statement", "local_preload_libraries", "role",
            "client_min_messages", "temp_buffers", "array_nulls", "backslash_quote", "check_function_bodies",
        ]
        let sql = """
            SELECT session_user, current_user, pg_my_temp_schema(), pg_catalog.current_schemas(true),
                (SELECT pg_catalog.count(*) FROM pg_prepared_statements
                    WHERE name NOT LIKE 'agent@_%' ESCAPE '@'), (SELECT pg_catalog.count(*) FROM pg_cursors),
                (SELECT pg_catalog.count(*) FROM pg_listening_channels()), show_limit(),
                \(settings.map { "current_setting('\($0)')" }.joined(separator: ", ")),
                current_setting('a.b', true), current_setting('intruder.x', true)
            """
        let arguments: JSONObject = ["query": .string(sql), "database": .string(database)]
        var result = try await client.callTool("query_database", arguments)
        // The first look at a database reads its catalog, which takes a busy machine longer than a statement may.
        if result.isError { result = try await client.callTool("query_database", arguments) }
        // The frame of a message has another name each time.
        guard !result.isError else {
            return result.text.split(separator: "\n").filter { !$0.contains("untrusted-") }.joined(separator: "\n")
        }
        // The first lines tell how long it took.
        return result.text.split(separator: "\n").filter { $0.contains("\t") }.joined(separator: "\n")
    }

    /// What differs between two looks.
    static func difference(_ before: [String: String], _ after: [String: String]) -> [String] {
        Set(before.keys).union(after.keys).sorted().compactMap { key in
            let (old, new) = (before[key] ?? "nothing", after[key] ?? "nothing")
            guard old != new else { return nil }
            let oldLines = Set(old.split(separator: "\n")), newLines = Set(new.split(separator: "\n"))
            let gone = oldLines.subtracting(newLines).prefix(3).map { "-\($0.prefix(300))" }
            let come = newLines.subtracting(oldLines).prefix(3).map { "+\($0.prefix(300))" }
            return "\(key): \((gone + come).joined(separator: " "))"
        }
    }
}

/// Somebody else's sessions: one that waits for notifications and holds a lock, one that is idle.
private final class Sentinel: Sendable {
    private let notes = Mutex<[String]>([])

    var received: String { notes.withLock { $0.joined(separator: ",") } }

    static func start(_ fixture: PostgresFixture) async throws -> Sentinel {
        let sentinel = Sentinel()
        var configuration = fixture.configuration(database: AttackedServer.database)
        configuration.parameters["application_name"] = "sentinel"
        let client = PGClient(configuration: configuration)
        for number in 1...2 {
            try await withCheckedThrowingContinuation { (ready: CheckedContinuation<Void, any Error>) in
                Task {
                    do {
                        try await client.withConnection { connection in
                            _ = try await connection.execute("SELECT pg_advisory_lock(770\(number))")
                            for channel in ["intruder", "a"] { _ = try await connection.execute("LISTEN \(channel)") }
                            ready.resume()
                            for await note in connection.notifications {
                                sentinel.notes.withLock { $0.append("\(note)") }
                            }
                        }
                    } catch { ready.resume(throwing: error) }
                }
            }
        }
        return sentinel
    }
}
