/// The roles that PostgreSQL makes itself (`pg_authid.dat`, "Predefined Roles" of the manual, 14 to 18), and what a
/// member could do.
enum PredefinedRoles {
    /// What one of them allows.
    struct Entry: Sendable {
        let name: String
        let code: PrivilegeFinding.Code
        let severity: PrivilegeFinding.Severity
        let text: String
    }

    /// Every one that allows more than connecting and reading granted tables; a name that a server does not know is not
    /// found there.
    static let all: [Entry] = [
        Entry(
            name: "pg_execute_server_program", code: .executeServerProgram, severity: .critical,
            text: "could run programs on the server as the user that PostgreSQL runs as (COPY … PROGRAM)"),
        Entry(
            name: "pg_write_server_files", code: .writeServerFiles, severity: .critical,
            text: "could write files of the server"),
        Entry(
            name: "pg_read_server_files", code: .readServerFiles, severity: .critical,
            text: "could read every file of the server that PostgreSQL may read"),
        Entry(
            name: "pg_create_subscription", code: .createSubscription, severity: .critical,
            text: "could make the server connect elsewhere and write what comes from there (CREATE SUBSCRIPTION)"),
        Entry(
            name: "pg_write_all_data", code: .writeAllData, severity: .write,
            text: "could insert into, update and delete from every table"),
        Entry(
            name: "pg_maintain", code: .maintain, severity: .write,
            text: "could run VACUUM, REINDEX, CLUSTER and LOCK TABLE on every table"),
        Entry(
            name: "pg_signal_backend", code: .signalBackends, severity: .write,
            text: "could cancel queries and end sessions of other roles"),
        Entry(
            name: "pg_signal_autovacuum_worker", code: .signalBackends, severity: .write,
            text: "could end autovacuum's work"),
        Entry(
            name: "pg_checkpoint", code: .checkpoint, severity: .write, text: "could make the server write a checkpoint"
        ),
        Entry(
            name: "pg_read_all_data", code: .readPasswordHashes, severity: .exposure,
            text: "could read every table, pg_authid with its password hashes among them"),
        Entry(
            name: "pg_read_all_settings", code: .readStatistics, severity: .exposure,
            text: "could read every setting, with the credentials in some of them"),
        Entry(
            name: "pg_read_all_stats", code: .readStatistics, severity: .note,
            text: "could read what other roles' sessions run"),
        Entry(
            name: "pg_stat_scan_tables", code: .readStatistics, severity: .note,
            text: "could run functions that hold locks on tables for long"),
        Entry(
            name: "pg_use_reserved_connections", code: .readStatistics, severity: .note,
            text: "could take the connections that are reserved for administrators"),
    ]
}
