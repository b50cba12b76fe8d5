internal import PGConnector
internal import Synchronization

/// The tables of ``PostgresConversations``, made and changed step by step, once for all replicas.
final class PostgresConversationTables: Sendable {
    private let isReady = Mutex(false)

    /// The statements of each version, which are never edited once they were released: a new version is a new entry.
    private static let versions: [[String]] = [
        [
            "CREATE SEQUENCE postgres_agent.touched",
            // `touched` counts changes, so that the order of conversations of one second is known.
            """
            CREATE TABLE postgres_agent.conversation (
                id text PRIMARY KEY, owner text NOT NULL, title text NOT NULL, title_words text NOT NULL, database text,
                created bigint NOT NULL, updated bigint NOT NULL,
                touched bigint NOT NULL DEFAULT nextval('postgres_agent.touched') UNIQUE,
                messages integer NOT NULL DEFAULT 0, bytes bigint NOT NULL DEFAULT 0)
            """,
            "CREATE INDEX conversation_owner ON postgres_agent.conversation (owner, touched)",
            """
            CREATE TABLE postgres_agent.message (
                conversation text NOT NULL REFERENCES postgres_agent.conversation ON DELETE CASCADE,
                place integer NOT NULL, created bigint NOT NULL, body text NOT NULL, words text NOT NULL,
                PRIMARY KEY (conversation, place))
            """,
        ],
        // What is only there to be shown, beside what a model is sent again: each turn reads the latter.
        ["ALTER TABLE postgres_agent.message ADD COLUMN details text"],
    ]

    /// Any number that no other program is likely to take.
    private static let lock: Int64 = 0x7067_6167_656E_7443

    /// Sees to it that the tables are there and as this program knows them.
    ///
    /// - Throws: `PGError`; ``ConversationFailure`` when a newer program has changed them, or the role may not make them.
    func prepare(_ client: PGClient) async throws {
        if isReady.withLock({ $0 }) { return }
        do {
            try await client.withTransaction { connection in
                // Replicas that start together take turns, each seeing what the one before has made, whatever isolation is the
                // default; the lock goes with the transaction.
                try await connection.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
                try await connection.execute("SET LOCAL lock_timeout = '10s'")
                try await connection.execute("SELECT pg_advisory_xact_lock($1)", [PGParameter(Self.lock)])
                let found = try await Self.version(connection)
                guard found <= Self.versions.count else {
                    throw ConversationFailure.unavailable(
                        "the schema postgres_agent was made by a newer version of this program (\(found))")
                }
                for version in Self.versions.indices where version >= found {
                    for statement in Self.versions[version] { try await connection.execute(statement) }
                    try await connection.execute(
                        "INSERT INTO postgres_agent.schema_version (version) VALUES ($1)",
                        [PGParameter(Int32(version + 1))])
                }
            }
        } catch let error as PGError where error.server?.sqlState == "42501" {
            throw ConversationFailure.unavailable(
                "the role of state.store may not make its tables: CREATE SCHEMA postgres_agent AUTHORIZATION the_role; "
                    + "(\(error.debugDescription))")
        }
        isReady.withLock { $0 = true }
    }

    /// The version of the tables; makes the schema, which an operator may have done before.
    private static func version(_ connection: PGConnection) async throws -> Int {
        let schema = try await connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'postgres_agent'")
        if schema.rows.isEmpty { try await connection.execute("CREATE SCHEMA postgres_agent") }
        let table = try await connection.execute("SELECT to_regclass('postgres_agent.schema_version') IS NOT NULL")
        if table.rows.first?[0]?.text != "t" {
            try await connection.execute("CREATE TABLE postgres_agent.schema_version (version integer PRIMARY KEY)")
        }
        let found = try await connection.execute("SELECT coalesce(max(version), 0) FROM postgres_agent.schema_version")
        return found.rows.first?[0].flatMap { Int($0.text) } ?? 0
    }
}
