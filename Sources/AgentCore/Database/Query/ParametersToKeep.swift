internal import PGConnector

extension PGConnection {
    /// The parameters that the server reports by itself, which a read must leave as they were: those that a statement could
    /// change; `in_hot_standby` changes when a standby is promoted.
    var parametersToKeep: PGReportedParameters {
        reportedParameters([
            "TimeZone", "DateStyle", "IntervalStyle", "client_encoding", "standard_conforming_strings",
            "session_authorization", "is_superuser", "default_transaction_read_only", "application_name", "search_path",
        ])
    }
}
