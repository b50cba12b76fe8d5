/// How much it matters that a role may call a function that the guard refuses.
enum GrantedFunctions {
    /// Reading or writing files, or loading what they hold: nobody but superusers may, unless somebody granted it.
    static let ofServerFiles: Set<String> = [
        "pg_read_file", "pg_read_binary_file", "pg_file_read", "pg_file_write", "pg_file_sync",
        "pg_file_rename", "pg_file_unlink", "pg_logdir_ls", "lo_import", "lo_export", "pg_ls_dir", "pg_stat_file",
    ]

    /// Everybody may call them unless it was revoked, and what they make stays in the database.
    static let createLargeObjects: Set<String> = ["lo_creat", "lo_create", "lo_from_bytea"]

    /// Whether a role without other rights can do nothing with a function.
    static func isHarmless(_ name: String) -> Bool {
        // These refuse unless the server was started by pg_upgrade.
        harmlessByThemselves[name] != nil || name.hasPrefix("binary_upgrade_")
    }

    /// Those that a role without other rights can do nothing with, each with the reason. They are left to PUBLIC, since
    /// much else needs them: every INSERT that draws from a sequence calls `nextval` as the role that inserts.
    static let harmlessByThemselves: [String: String] = [
        "nextval": "needs USAGE or UPDATE on the sequence", "setval": "needs UPDATE on the sequence",
        "set_config": "changes what its own session may set anyway; pg_dump and other programs need it",
        "setseed": "touches its own session only",
        "plpgsql_call_handler": "cannot be called from SQL", "plpgsql_inline_handler": "cannot be called from SQL",
        "plpgsql_validator": "checks a function that exists",
        "brin_summarize_new_values": "needs to own the index", "brin_summarize_range": "needs to own the index",
        "brin_desummarize_range": "needs to own the index", "gin_clean_pending_list": "needs to own the index",
        "pg_import_system_collations": "needs a superuser", "pg_nextoid": "needs a superuser",
        "pg_read_file_old": "needs a superuser", "pg_rotate_logfile_old": "needs a superuser",
        "pg_stop_making_pinned_objects": "needs a superuser",
        "pg_extension_config_dump": "runs in an extension's script only",
        "pg_create_logical_replication_slot": "needs REPLICATION",
        "pg_create_physical_replication_slot": "needs REPLICATION", "pg_drop_replication_slot": "needs REPLICATION",
        "pg_copy_logical_replication_slot": "needs REPLICATION",
        "pg_copy_physical_replication_slot": "needs REPLICATION", "pg_replication_slot_advance": "needs REPLICATION",
        "pg_sync_replication_slots": "needs REPLICATION", "pg_logical_slot_get_changes": "needs REPLICATION",
        "pg_logical_slot_get_binary_changes": "needs REPLICATION",
        "pg_logical_slot_peek_changes": "needs REPLICATION",
        "pg_logical_slot_peek_binary_changes": "needs REPLICATION",
        "pg_stat_force_next_flush": "only makes its own counters visible sooner",
    ]

    /// Who may miss functions whose name begins so, when they are taken from PUBLIC.
    static let users: [String: String] = [
        "lo_": "programs that store large objects, through libpq's lo_ calls or JDBC",
        "pg_advisory_": "programs that take advisory locks: migration tools (Rails, Flyway, Django), job queues",
        "pg_notify": "programs and triggers that call pg_notify; the command NOTIFY needs nothing",
        "pg_cancel_backend": "programs that cancel queries of their own role; the protocol's cancel needs nothing",
        "query_to_xml": "programs that export tables as XML",
        "pg_export_snapshot": "parallel pg_dump by a role that is no superuser",
    ]
}
