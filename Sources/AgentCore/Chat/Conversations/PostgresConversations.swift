internal import AuthTokens
internal import PGConnector

/// Conversations in a PostgreSQL database that replicas of the server share (`state.store`).
///
/// The tables are in a schema of their own, `postgres_agent`, and are made on first use. Every value is a parameter.
final class PostgresConversations: ConversationStore {
    private let client: PGClient
    private let limits: ConversationLimits
    private let clock: @Sendable () -> Timestamp
    private let tables: PostgresConversationTables

    /// - Parameters:
    ///   - configuration: How to reach the database.
    ///   - limits: How much is kept.
    ///   - clock: Tells the time.
    init(
        configuration: PGConfiguration, limits: ConversationLimits = ConversationLimits(),
        clock: @escaping @Sendable () -> Timestamp = { .now }
    ) {
        client = PGClient(configuration: configuration)
        tables = PostgresConversationTables()
        self.limits = limits
        self.clock = clock
    }

    private static let columns = "id, owner, title, database, created, updated, messages"

    func create(owner: String, title: String, database: String?) async throws -> Conversation {
        try await begin(owner: owner, title: title, database: database, with: [])
    }

    func begin(
        owner: String, title: String, database: String?, with messages: [StoredMessage]
    ) async throws -> Conversation {
        let title = ConversationTitle.of(title)
        let texts = try messages.map { (try StoredText($0, limits: limits), $0.created.seconds) }
        let now = clock()
        let made = Conversation(
            id: Conversation.newID(), owner: owner, title: title, database: database, created: now, updated: now,
            messageCount: messages.count)
        try await transaction { [limits] connection in
            let kept = try await Self.takeTurn(owner, connection)
            try limits.checkOwner(count: kept.count, bytes: kept.bytes)
            try await connection.execute(
                """
                INSERT INTO postgres_agent.conversation (id, owner, title, title_words, database, created, updated)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                """,
                [
                    PGParameter(made.id), PGParameter(owner), PGParameter(title),
                    PGParameter(StoredText.folded(title, bytes: limits.searchedBytes)), PGParameter(database),
                    PGParameter(now.seconds), PGParameter(now.seconds),
                ])
            guard !texts.isEmpty else { return }
            try await Self.add(texts, to: made.id, count: 0, bytes: 0, limits, now, connection)
        }
        return made
    }

    func list(owner: String, search: String?, limit: Int, before: String?) async throws -> [Conversation] {
        try await transaction(readOnly: true) { connection in
            var sql = "SELECT \(Self.columns) FROM postgres_agent.conversation AS c WHERE owner = $1"
            var parameters = [PGParameter(owner), PGParameter(max(1, min(limit, ConversationLimits.page)))]
            if let before {
                let found = try await connection.execute(
                    "SELECT touched FROM postgres_agent.conversation WHERE id = $1 AND owner = $2",
                    [PGParameter(before), PGParameter(owner)])
                guard let row = found.rows.first else { throw ConversationFailure.notFound }
                parameters.append(PGParameter(try Self.integer(row[0])))
                sql += " AND touched < $\(parameters.count)"
            }
            if let search, !search.isEmpty {
                parameters.append(PGParameter(StoredText.searched(search)))
                sql += """
                     AND (strpos(title_words, $\(parameters.count)) > 0 OR EXISTS (SELECT 1
                    FROM postgres_agent.message AS m
                    WHERE m.conversation = c.id AND strpos(m.words, $\(parameters.count)) > 0))
                    """
            }
            sql += " ORDER BY touched DESC LIMIT $2"
            return try await connection.execute(sql, parameters).rows.map { try Self.conversation($0) }
        }
    }

    func conversation(_ id: String, owner: String) async throws -> Conversation? {
        guard Conversation.isID(id) else { return nil }
        return try await transaction(readOnly: true) { try await Self.find(id, owner, $0) }
    }

    func messages(of id: String, owner: String) async throws -> [StoredMessage] {
        try await messages(of: id, owner: owner, MessageSelection(limit: .max, bytes: .max))
    }

    func messages(
        of id: String, owner: String, _ selection: MessageSelection
    ) async throws -> [StoredMessage] {
        guard Conversation.isID(id) else { throw ConversationFailure.notFound }
        return try await transaction(readOnly: true) { connection in
            guard try await Self.find(id, owner, connection) != nil else { throw ConversationFailure.notFound }
            let details = selection.includesDetails ? "details" : "NULL::text AS details"
            // The lengths are read without the texts; only what fits is sent.
            let found = try await connection.execute(
                """
                SELECT place, created, body, details FROM (
                    SELECT *, row_number() OVER newest AS number,
                        sum(octet_length(body)::bigint + coalesce(octet_length(details), 0)) OVER newest AS total
                    FROM (
                        SELECT place, created, body, \(details) FROM postgres_agent.message
                        WHERE conversation = $1 AND place < $2 ORDER BY place DESC LIMIT $3
                    ) AS asked WINDOW newest AS (ORDER BY place DESC)
                ) AS counted WHERE number = 1 OR total <= $4 ORDER BY place
                """,
                [
                    PGParameter(id), PGParameter(Int64(selection.before ?? .max)),
                    PGParameter(Int64(max(1, selection.limit))), PGParameter(Int64(selection.bytes)),
                ])
            return try found.rows.map { row in
                try StoredMessage(
                    index: try Self.integer(row[0]), created: Timestamp(seconds: Int64(try Self.integer(row[1]))),
                    body: row[2]?.text ?? "", details: row[3]?.text)
            }
        }
    }

    func append(_ messages: [StoredMessage], to id: String, owner: String) async throws {
        guard !messages.isEmpty else { return }
        let texts = try messages.map { (try StoredText($0, limits: limits), $0.created.seconds) }
        let asksMore = messages.contains(where: \.isSaidByPerson)
        let now = clock()
        try await transaction { [limits] connection in
            // Before the lock of the conversation, as in all that takes both.
            if asksMore { try limits.checkOwner(bytes: try await Self.takeTurn(owner, connection).bytes) }
            let (count, bytes) = try await Self.lock(id, owner, connection)
            try await Self.add(texts, to: id, count: count, bytes: bytes, limits, now, connection)
        }
    }

    func truncate(_ id: String, owner: String, from index: Int) async throws {
        let now = clock()
        try await transaction { connection in
            let (count, _) = try await Self.lock(id, owner, connection)
            let index = max(0, index)
            guard index < count else { return }
            try await connection.execute(
                "DELETE FROM postgres_agent.message WHERE conversation = $1 AND place >= $2",
                [PGParameter(id), PGParameter(Int32(index))])
            let bytes = try await connection.execute(
                """
                SELECT coalesce(sum(octet_length(body)::bigint + octet_length(words) + coalesce(octet_length(details), 0)), 0)
                FROM postgres_agent.message
                WHERE conversation = $1
                """, [PGParameter(id)])
            try await Self.changed(id, count: index, bytes: try Self.integer(bytes.rows.first?[0]), now, connection)
        }
    }

    func rename(_ id: String, owner: String, title: String) async throws {
        let title = ConversationTitle.of(title)
        let words = StoredText.folded(title, bytes: limits.searchedBytes)
        try await change(
            "UPDATE postgres_agent.conversation SET title = $3, title_words = $4 WHERE id = $1 AND owner = $2",
            [PGParameter(id), PGParameter(owner), PGParameter(title), PGParameter(words)])
    }

    func setDatabase(_ id: String, owner: String, _ database: String?) async throws {
        try await change(
            "UPDATE postgres_agent.conversation SET database = $3 WHERE id = $1 AND owner = $2",
            [PGParameter(id), PGParameter(owner), PGParameter(database)])
    }

    func delete(_ id: String, owner: String) async throws -> Bool {
        guard Conversation.isID(id) else { return false }
        return try await transaction { connection in
            // Its messages go with it (ON DELETE CASCADE).
            try await connection.execute(
                "DELETE FROM postgres_agent.conversation WHERE id = $1 AND owner = $2",
                [PGParameter(id), PGParameter(owner)]
            ).affectedRows == 1
        }
    }

    func shutdown() async { await client.shutdown() }

    // MARK: - Within a transaction

    private func change(_ sql: String, _ parameters: [PGParameter]) async throws {
        try await transaction { connection in
            guard try await connection.execute(sql, parameters).affectedRows == 1 else {
                throw ConversationFailure.notFound
            }
        }
    }

    private static func find(
        _ id: String, _ owner: String, _ connection: PGConnection
    ) async throws -> Conversation? {
        try await connection.execute(
            "SELECT \(columns) FROM postgres_agent.conversation WHERE id = $1 AND owner = $2",
            [PGParameter(id), PGParameter(owner)]
        ).rows.first.map { try conversation($0) }
    }

    /// What an owner has in all. Until the end of the transaction no other question of this owner is stored, also by another
    /// replica: those that come at the same time see each other's.
    private static func takeTurn(_ owner: String, _ connection: PGConnection) async throws -> (count: Int, bytes: Int) {
        // Otherwise the sum could be that of the moment when the lock was asked for.
        try await connection.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        try await connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended($1, $2))", [PGParameter(owner), PGParameter(ownerSeed)])
        let found = try await connection.execute(
            "SELECT count(*), coalesce(sum(bytes), 0) FROM postgres_agent.conversation WHERE owner = $1",
            [PGParameter(owner)])
        return (try integer(found.rows.first?[0]), try integer(found.rows.first?[1]))
    }

    /// Keeps the locks of owners apart from those of other programs.
    private static let ownerSeed: Int64 = 0x7067_6167_656E_744F

    /// How many messages and bytes a conversation has; until the end of the transaction nobody else changes it.
    private static func lock(
        _ id: String, _ owner: String, _ connection: PGConnection
    ) async throws -> (count: Int, bytes: Int) {
        let found = try await connection.execute(
            "SELECT messages, bytes FROM postgres_agent.conversation WHERE id = $1 AND owner = $2 FOR UPDATE",
            [PGParameter(id), PGParameter(owner)])
        guard let row = found.rows.first else { throw ConversationFailure.notFound }
        return (try integer(row[0]), try integer(row[1]))
    }

    private static func add(
        _ texts: [(text: StoredText, created: Int64)], to id: String, count: Int, bytes: Int,
        _ limits: ConversationLimits, _ now: Timestamp, _ connection: PGConnection
    ) async throws {
        try limits.check(count: count, adding: texts.map(\.text), bytes: bytes)
        for (offset, (text, created)) in texts.enumerated() {
            try await connection.execute(
                """
                INSERT INTO postgres_agent.message (conversation, place, created, body, words, details)
                VALUES ($1, $2, $3, $4, $5, $6)
                """,
                [
                    PGParameter(id), PGParameter(Int32(count + offset)), PGParameter(created), PGParameter(text.body),
                    PGParameter(text.words), PGParameter(text.details),
                ])
        }
        try await changed(
            id, count: count + texts.count, bytes: texts.reduce(bytes) { $0 + $1.text.bytes }, now, connection)
    }

    private static func changed(
        _ id: String, count: Int, bytes: Int, _ now: Timestamp, _ connection: PGConnection
    ) async throws {
        try await connection.execute(
            """
            UPDATE postgres_agent.conversation
            SET messages = $2, bytes = $3, updated = $4, touched = nextval('postgres_agent.touched') WHERE id = $1
            """,
            [PGParameter(id), PGParameter(Int32(count)), PGParameter(bytes), PGParameter(now.seconds)])
    }

    private static func conversation(_ row: PGRow) throws -> Conversation {
        func text(_ column: Int) throws -> String {
            guard let cell = row[column] else { throw PGError(.decoding, "A conversation has a NULL.") }
            return cell.text
        }
        return Conversation(
            id: try text(0), owner: try text(1), title: try text(2), database: row[3]?.text,
            created: Timestamp(seconds: Int64(try integer(row[4]))),
            updated: Timestamp(seconds: Int64(try integer(row[5]))), messageCount: try integer(row[6]))
    }

    private static func integer(_ cell: PGCell?) throws -> Int {
        guard let number = cell.flatMap({ Int($0.text) }) else {
            throw PGError(.decoding, "A count of a conversation is no number.")
        }
        return number
    }

    /// Runs `body` in a transaction, on tables that are there.
    private func transaction<Value: Sendable>(
        readOnly: Bool = false, _ body: @Sendable (PGConnection) async throws -> Value
    ) async throws -> Value {
        do {
            try await tables.prepare(client)
            return try await client.withTransaction(readOnly: readOnly) { connection in
                // A search through very much, or a lock that somebody holds, must not hold up a person for ever.
                try await connection.execute("SET LOCAL statement_timeout = '15s'")
                return try await body(connection)
            }
        } catch let error as PGError {
            if error.code == .cancelled || Task.isCancelled { throw CancellationError() }
            throw ConversationFailure.unavailable("the database of state.store: \(error.debugDescription)")
        }
    }
}
