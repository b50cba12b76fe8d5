/// Functions that are refused by name, each with the words that say why.
///
/// Two kinds stand here: volatile functions, which would be refused without an entry too but with a poorer text, and
/// functions that the server calls stable or immutable although they run SQL handed to them, read files, or show secrets.
enum RefusedFunctions {
    /// Why a function is refused, by its name; for functions of `pg_catalog` and of extensions.
    static let why: [String: String] = table([
        // Run a text, a cursor or a named relation as a query of its own, out of the guard's sight.
        "runs SQL that the guard cannot see": [
            "query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "cursor_to_xml", "cursor_to_xmlschema",
            "table_to_xml", "table_to_xmlschema", "table_to_xml_and_xmlschema", "schema_to_xml", "schema_to_xmlschema",
            "schema_to_xml_and_xmlschema", "database_to_xml", "database_to_xmlschema",
            "database_to_xml_and_xmlschema", "ts_stat", "ts_rewrite", "crosstab", "crosstab2", "crosstab3",
            "crosstab4", "crosstabn", "connectby", "xpath_table", "xslt_process", "plpgsql_call_handler",
            "plpgsql_inline_handler", "plpgsql_validator", "fmgr_c_validator", "fmgr_internal_validator",
            "fmgr_sql_validator", "execute_query", "run_command_on_workers",
            "run_command_on_shards", "run_command_on_placements", "run_command_on_all_nodes",
        ],
        "opens a connection of its own": [
            "dblink", "dblink_exec", "dblink_open", "dblink_fetch", "dblink_close", "dblink_connect",
            "dblink_connect_u", "dblink_disconnect", "dblink_send_query", "dblink_get_result", "dblink_is_busy",
            "dblink_cancel_query", "dblink_error_message", "dblink_get_connections", "dblink_get_notify",
            "dblink_build_sql_insert", "dblink_build_sql_update", "dblink_build_sql_delete", "dblink_get_pkey",
            "dblink_current_query", "postgres_fdw_disconnect", "postgres_fdw_disconnect_all", "http", "http_get",
            "http_post", "http_put", "http_patch", "http_delete", "http_head",
        ],
        "makes a value of a type that the guard cannot see": [
            "domain_in", "record_in", "array_in", "range_in", "multirange_in",
        ],
        "runs the expressions of an index that the guard cannot see": ["bt_index_check"],
        "reads files of the server": [
            "pg_read_file", "pg_read_file_old", "pg_read_binary_file", "pg_stat_file", "pg_ls_dir", "pg_ls_logdir",
            "pg_ls_waldir", "pg_ls_tmpdir", "pg_ls_archive_statusdir", "pg_ls_logicalmapdir", "pg_ls_logicalsnapdir",
            "pg_ls_replslotdir", "pg_ls_summariesdir", "pg_logdir_ls", "pg_file_read", "pg_file_length",
        ],
        "shows what the server's configuration files hold": [
            "pg_hba_file_rules", "pg_ident_file_mappings", "pg_show_all_file_settings",
        ],
        "writes files of the server": [
            "pg_file_write", "pg_file_sync", "pg_file_rename", "pg_file_unlink", "pg_export_snapshot",
        ],
        "reads or writes large objects": [
            "lo_close", "lo_creat", "lo_create", "lo_export", "lo_from_bytea", "lo_get", "lo_import", "lo_lseek",
            "lo_lseek64", "lo_open", "lo_put", "lo_tell", "lo_tell64", "lo_truncate", "lo_truncate64", "lo_unlink",
            "loread", "lowrite", "lo_manage",
        ],
        "advances or sets a sequence": ["nextval", "setval"],
        "changes settings or other state of the session": [
            "set_config", "setseed", "set_limit", "isn_weak", "pg_stat_force_next_flush", "hypopg",
            "hypopg_create_index",
            "hypopg_drop_index", "hypopg_reset", "hypopg_hide_index",
        ],
        "takes or releases locks that outlive the statement": [
            "pg_advisory_lock", "pg_advisory_lock_shared", "pg_advisory_unlock", "pg_advisory_unlock_all",
            "pg_advisory_unlock_shared", "pg_advisory_xact_lock", "pg_advisory_xact_lock_shared",
            "pg_try_advisory_lock", "pg_try_advisory_lock_shared", "pg_try_advisory_xact_lock",
            "pg_try_advisory_xact_lock_shared", "bt_index_parent_check",
        ],
        "signals other sessions": [
            "pg_notify", "pg_cancel_backend", "pg_terminate_backend", "pg_log_backend_memory_contexts",
        ],
        "controls the server": [
            "pg_reload_conf", "pg_rotate_logfile", "pg_rotate_logfile_old", "pg_rotate_logfile_v2", "pg_promote",
            "pg_switch_wal", "pg_create_restore_point", "pg_backup_start", "pg_backup_stop", "pg_start_backup",
            "pg_stop_backup", "pg_wal_replay_pause", "pg_wal_replay_resume", "pg_log_standby_snapshot",
            "pg_stop_making_pinned_objects", "pg_prewarm", "autoprewarm_start_worker", "autoprewarm_dump_now",
            "pg_buffercache_evict", "pg_buffercache_evict_relation", "pg_buffercache_evict_all",
        ],
        "creates, moves or reads replication state": [
            "pg_create_logical_replication_slot", "pg_create_physical_replication_slot",
            "pg_copy_logical_replication_slot", "pg_copy_physical_replication_slot", "pg_drop_replication_slot",
            "pg_replication_slot_advance", "pg_sync_replication_slots", "pg_logical_emit_message",
            "pg_logical_slot_get_changes", "pg_logical_slot_get_binary_changes", "pg_logical_slot_peek_changes",
            "pg_logical_slot_peek_binary_changes", "pg_replication_origin_advance", "pg_replication_origin_create",
            "pg_replication_origin_drop", "pg_replication_origin_progress", "pg_replication_origin_session_is_setup",
            "pg_replication_origin_session_progress", "pg_replication_origin_session_reset",
            "pg_replication_origin_session_setup", "pg_replication_origin_xact_reset",
            "pg_replication_origin_xact_setup",
        ],
        "resets or rewrites statistics": [
            "pg_stat_reset", "pg_stat_reset_backend_stats", "pg_stat_reset_replication_slot", "pg_stat_reset_shared",
            "pg_stat_reset_single_function_counters", "pg_stat_reset_single_table_counters", "pg_stat_reset_slru",
            "pg_stat_reset_subscription_stats", "pg_stat_statements_reset", "pg_restore_relation_stats",
            "pg_restore_attribute_stats", "pg_clear_relation_stats", "pg_clear_attribute_stats",
        ],
        "changes indexes, tables or catalogs": [
            "brin_summarize_new_values", "brin_summarize_range", "brin_desummarize_range", "gin_clean_pending_list",
            "pg_import_system_collations", "pg_extension_config_dump", "pg_nextoid", "heap_force_kill",
            "heap_force_freeze", "pg_truncate_visibility_map", "binary_upgrade_create_empty_extension",
            "binary_upgrade_set_missing_value", "binary_upgrade_set_next_array_pg_type_oid",
            "binary_upgrade_set_next_heap_pg_class_oid", "binary_upgrade_set_next_heap_relfilenode",
            "binary_upgrade_set_next_index_pg_class_oid", "binary_upgrade_set_next_index_relfilenode",
            "binary_upgrade_set_next_multirange_array_pg_type_oid",
            "binary_upgrade_set_next_multirange_pg_type_oid", "binary_upgrade_set_next_pg_authid_oid",
            "binary_upgrade_set_next_pg_enum_oid", "binary_upgrade_set_next_pg_tablespace_oid",
            "binary_upgrade_set_next_pg_type_oid", "binary_upgrade_set_next_toast_pg_class_oid",
            "binary_upgrade_set_next_toast_relfilenode", "binary_upgrade_set_record_init_privs",
            "binary_upgrade_add_sub_rel_state", "binary_upgrade_replorigin_advance",
            "binary_upgrade_logical_slot_has_caught_up",
        ],
        // Raw pages and records go past every permission and past the list of secret relations.
        "reads raw pages or the write-ahead log": [
            "get_raw_page", "bt_page_items", "bt_page_stats", "bt_multi_page_stats", "bt_metap", "currtid2",
            "heap_page_items", "heap_page_item_attrs", "tuple_data_split", "pg_get_wal_record_info",
            "pg_get_wal_records_info", "pg_get_wal_records_info_till_end_of_wal", "pg_get_wal_stats",
            "pg_get_wal_stats_till_end_of_wal", "pg_get_wal_block_info", "pg_get_wal_fpi_info",
        ],
    ])

    /// Why a function of an extension is refused, by its C symbol, whatever somebody has renamed it to.
    static let symbols: [String: String] = {
        var symbols = why
        for symbol in ["crosstab", "crosstab_hash", "connectby_text", "connectby_text_serial"] {
            symbols[symbol] = "runs SQL that the guard cannot see"
        }
        for symbol in ["dblink_record", "dblink_get_conn", "dblink_build_sql", "postgres_fdw_disconnect"] {
            symbols[symbol] = "opens a connection of its own"
        }
        symbols["accept_weak_input"] = "changes settings or other state of the session"
        symbols["bt_index_parent_check"] = why["bt_index_parent_check"]
        // Symbols of harmless forms, of which the name decides.
        for symbol in ["bt_index_check", "isn_weak"] { symbols[symbol] = nil }
        return symbols
    }()

    /// Functions that do what a transaction of a read undoes or does not let them do, so that to allow them there is of no use:
    /// the server refuses them in a read-only transaction, or their effect goes with its ROLLBACK.
    static let changing: Set<String> = {
        var names: Set<String> = [
            "nextval", "setval", "pg_notify", "lo_creat", "lo_create", "lo_from_bytea", "lo_import", "lo_put",
            "lo_truncate",
            "lo_truncate64", "lo_unlink", "lowrite", "pg_restore_relation_stats", "pg_restore_attribute_stats",
            "pg_clear_relation_stats", "pg_clear_attribute_stats",
        ]
        names.formUnion(why.filter { $0.value == "changes indexes, tables or catalogs" }.keys)
        return names
    }()

    /// What allows a function of ``changing``.
    static let remedyOfChanging =
        "allow_writes: true, with a person's approval of each statement; allow_functions is of no use, since the "
        + "transaction of a read is read-only and is rolled back"

    /// Turns "why → names" into "name → why".
    private static func table(_ groups: KeyValuePairs<String, [String]>) -> [String: String] {
        var table: [String: String] = [:]
        for (why, names) in groups {
            for name in names { table[name] = why }
        }
        return table
    }
}
