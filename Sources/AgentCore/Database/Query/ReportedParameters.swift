internal import PGConnector

/// The parameters that the server reports by itself, which a read must leave as they were.
struct ReportedParameters: Equatable {
    /// Those that a statement could change; `in_hot_standby` changes when a standby is promoted.
    private static let names = [
        "TimeZone", "DateStyle", "IntervalStyle", "client_encoding", "standard_conforming_strings",
        "session_authorization", "is_superuser", "default_transaction_read_only", "application_name", "search_path",
    ]

    private let values: [String?]

    init(_ connection: PGConnection) { values = Self.names.map { connection.parameterStatus($0) } }
}
