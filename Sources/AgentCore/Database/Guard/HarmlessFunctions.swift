/// Volatile functions that change nothing another session, a later transaction or the server's files could show, so
/// that a read may call them.
///
/// Source: `pg_proc` of PostgreSQL 15 with `provolatile = 'v'`, each decided by reading what it does, and what versions
/// 14 and 16 to 18 add. A name that stands neither here nor in ``RefusedFunctions`` is refused, so that a function of a
/// version to come is refused until somebody has looked at it. A test holds the table against the running server.
enum HarmlessFunctions {
    /// Functions of the schema `pg_catalog`.
    static let builtin: Set<String> = [
        // Clocks, randomness and identifiers drawn from it. (`setseed` is session state and is refused.)
        "clock_timestamp", "timeofday", "random", "random_normal", "array_sample", "array_shuffle", "gen_random_uuid",
        "uuidv4", "uuidv7",
        // Waiting ends at statement_timeout.
        "pg_sleep", "pg_sleep_for", "pg_sleep_until",
        // What this session did; they only read its memory.
        "current_query", "currval", "lastval", "pg_sequence_last_value",
        "pg_get_sequence_data", "pg_sequence_read_tuple",
        // Sizes.
        "pg_relation_size", "pg_table_size", "pg_indexes_size", "pg_total_relation_size", "pg_database_size",
        "pg_tablespace_size",
        // Partitions and catalogs.
        "pg_partition_tree", "pg_partition_ancestors", "amvalidate", "pg_collation_actual_version",
        "pg_database_collation_actual_version",
        // Transactions: `txid_current` is stable for the server, its relatives here are not.
        "txid_current", "txid_current_if_assigned", "txid_status", "pg_current_xact_id",
        "pg_current_xact_id_if_assigned", "pg_xact_status", "pg_xact_commit_timestamp",
        "pg_xact_commit_timestamp_origin", "pg_last_committed_xact", "pg_prepared_xact", "pg_get_multixact_members",
        // Write-ahead log positions and recovery, read only.
        "pg_current_wal_lsn", "pg_current_wal_insert_lsn", "pg_current_wal_flush_lsn", "pg_last_wal_receive_lsn",
        "pg_last_wal_replay_lsn", "pg_last_xact_replay_timestamp", "pg_is_in_recovery", "pg_is_wal_replay_paused",
        "pg_get_wal_replay_pause_state", "pg_get_wal_resource_managers", "pg_is_in_backup", "pg_backup_start_time",
        "pg_get_wal_summarizer_state", "pg_available_wal_summaries", "pg_wal_summary_contents",
        // The control file and the server's own state, for administrators.
        "pg_control_checkpoint", "pg_control_init", "pg_control_recovery", "pg_control_system", "pg_current_logfile",
        "pg_jit_available", "pg_get_backend_memory_contexts", "pg_get_process_memory_contexts",
        "pg_get_shmem_allocations", "pg_get_shmem_allocations_numa", "pg_numa_available", "pg_get_wait_events",
        "pg_get_loaded_modules", "pg_get_aios", "pg_notification_queue_usage", "pg_show_replication_origin_status",
        // Locks of others; advisory locks are refused.
        "pg_lock_status", "pg_blocking_pids", "pg_safe_snapshot_blocking_pids",
        "pg_isolation_test_session_is_blocked",
        // Statistics readers. `pg_stat_clear_snapshot` forgets this transaction's copy only.
        "pg_stat_clear_snapshot", "pg_stat_have_stats", "pg_stat_get_recovery_prefetch", "pg_stat_get_io",
        "pg_stat_get_backend_io", "pg_stat_get_backend_wal", "pg_stat_get_xact_blocks_fetched",
        "pg_stat_get_xact_blocks_hit", "pg_stat_get_xact_function_calls", "pg_stat_get_xact_function_self_time",
        "pg_stat_get_xact_function_total_time", "pg_stat_get_xact_numscans", "pg_stat_get_xact_tuples_deleted",
        "pg_stat_get_xact_tuples_fetched", "pg_stat_get_xact_tuples_hot_updated",
        "pg_stat_get_xact_tuples_newpage_updated", "pg_stat_get_xact_tuples_inserted",
        "pg_stat_get_xact_tuples_returned", "pg_stat_get_xact_tuples_updated",
    ]

    /// Functions that belong to an extension; a function of the same name that somebody wrote is not meant.
    static let ofExtensions: Set<String> = [
        // uuid-ossp, pgcrypto, tablefunc: randomness.
        "uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v4", "gen_random_bytes", "gen_random_uuid",
        "gen_salt", "pgp_sym_encrypt", "pgp_sym_encrypt_bytea", "pgp_pub_encrypt", "pgp_pub_encrypt_bytea",
        "normal_rand",
        // Statistics and sizes.
        "pg_stat_statements", "pg_stat_statements_info", "pgstattuple", "pgstattuple_approx", "pgstatindex",
        "pgstatginindex", "pgstathashindex", "pg_relpages", "pg_freespace", "pg_visibility", "pg_visibility_map",
        "pg_visibility_map_summary", "pg_check_frozen", "pg_check_visible", "pg_buffercache_pages",
        "pg_buffercache_summary", "pg_buffercache_usage_counts", "pgrowlocks", "pg_old_snapshot_time_mapping",
        // amcheck without the locks of bt_index_parent_check.
        "verify_heapam", "gin_index_check",
        // sslinfo: facts about this connection.
        "ssl_is_used", "ssl_version", "ssl_cipher", "ssl_client_cert_present", "ssl_client_serial",
        "ssl_client_dn", "ssl_client_dn_field", "ssl_issuer_dn", "ssl_issuer_field", "ssl_extension_info",
        // postgres_fdw and PostGIS.
        "postgres_fdw_get_connections", "st_generatepoints", "st_clusterkmeans",
    ]
}
