/// Keeps conversations, each for its owner alone.
///
/// A conversation of another owner does not exist: it is answered as one that never was. Adding and taking away messages is
/// one transaction: after a crash either all of it is there or nothing.
public protocol ConversationStore: Sendable {
    /// Begins a conversation.
    ///
    /// - Parameters:
    ///   - owner: The `id` of the principal whose it is.
    ///   - title: What lists show; made a title by ``ConversationTitle/of(_:length:)``.
    ///   - database: The configured name of its database.
    /// - Throws: ``ConversationFailure``; `CancellationError`.
    func create(owner: String, title: String, database: String?) async throws -> Conversation

    /// Begins a conversation with messages: one transaction, so that there is none without its question.
    ///
    /// - Parameters:
    ///   - owner: The `id` of the principal whose it is.
    ///   - title: What lists show; made a title by ``ConversationTitle/of(_:length:)``.
    ///   - database: The configured name of its database.
    ///   - messages: Its first messages.
    /// - Throws: ``ConversationFailure``; `CancellationError`.
    func begin(
        owner: String, title: String, database: String?, with messages: [StoredMessage]
    ) async throws -> Conversation

    /// Conversations, those that were last changed first.
    ///
    /// - Parameters:
    ///   - owner: Whose.
    ///   - search: Only those with this text in the title or in what was said, upper and lower case alike; nil or empty: all.
    ///   - limit: How many at the most; no more than ``ConversationLimits/page``.
    ///   - before: The id of the last one of the page before.
    /// - Throws: ``ConversationFailure``: `notFound` when there is no conversation `before`; `CancellationError`.
    func list(owner: String, search: String?, limit: Int, before: String?) async throws -> [Conversation]

    /// A conversation; nil when this owner has none of that name.
    ///
    /// - Throws: ``ConversationFailure``; `CancellationError`.
    func conversation(_ id: String, owner: String) async throws -> Conversation?

    /// All messages of a conversation, in order. It may be 64 MiB: ``messages(of:owner:_:)`` reads a part.
    ///
    /// - Throws: ``ConversationFailure``; `CancellationError`.
    func messages(of id: String, owner: String) async throws -> [StoredMessage]

    /// Messages of a conversation, in order: the newest that were asked for.
    ///
    /// - Parameters:
    ///   - id: The conversation.
    ///   - owner: Whose.
    ///   - selection: Which, and how much of them.
    /// - Throws: ``ConversationFailure``; `CancellationError`.
    func messages(of id: String, owner: String, _ selection: MessageSelection) async throws -> [StoredMessage]

    /// Adds messages at the end, all or none; their ``StoredMessage/index`` goes on from what is there.
    ///
    /// - Throws: ``ConversationFailure``; `CancellationError`.
    func append(_ messages: [StoredMessage], to id: String, owner: String) async throws

    /// Takes away a message and all behind it, for good.
    ///
    /// - Parameters:
    ///   - id: The conversation.
    ///   - owner: Whose.
    ///   - index: The place of the first message to go; where there is none, nothing is changed.
    /// - Throws: ``ConversationFailure``; `CancellationError`.
    func truncate(_ id: String, owner: String, from index: Int) async throws

    /// Gives a conversation another title; its place in lists stays.
    ///
    /// - Throws: ``ConversationFailure``; `CancellationError`.
    func rename(_ id: String, owner: String, title: String) async throws

    /// Says which database a conversation is about.
    ///
    /// - Throws: ``ConversationFailure``; `CancellationError`.
    func setDatabase(_ id: String, owner: String, _ database: String?) async throws

    /// Deletes a conversation for good: what was said is overwritten where the store is a file.
    ///
    /// - Returns: Whether there was one.
    /// - Throws: ``ConversationFailure``; `CancellationError`.
    func delete(_ id: String, owner: String) async throws -> Bool

    /// Closes what the store has open.
    func shutdown() async
}

extension ConversationStore {
    /// Nothing to close.
    public func shutdown() async {}
}

/// Why a store did not do what it was asked.
public struct ConversationFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The owner has no such conversation.
        case notFound = "not_found"
        /// A message is larger than is kept.
        case messageTooLarge = "message_too_large"
        /// The conversation has as many messages, or bytes, as one may have.
        case conversationFull = "conversation_full"
        /// The owner has as many conversations, or bytes of them, as one may have.
        case tooMany = "too_many"
        /// The store cannot be used now.
        case unavailable
    }

    /// What kind of failure.
    public var code: Code
    /// A sentence for the person.
    public var description: String
    /// What the operator should know besides: paths, hosts and the words of the database. For logs alone.
    public var operatorDetail: String?

    /// Describes a failure.
    ///
    /// - Parameters:
    ///   - code: What kind.
    ///   - description: A sentence for the person.
    ///   - operatorDetail: What the operator should know besides.
    public init(_ code: Code, _ description: String, operatorDetail: String? = nil) {
        self.code = code
        self.description = description
        self.operatorDetail = operatorDetail
    }

    static let notFound = ConversationFailure(.notFound, "There is no such conversation.")

    static func unavailable(_ detail: String) -> ConversationFailure {
        ConversationFailure(
            .unavailable, "Conversations cannot be kept or read now; the server's log says more.",
            operatorDetail: detail)
    }
}

/// How much is kept.
public struct ConversationLimits: Sendable, Hashable {
    /// The most bytes of one message, as it is written down.
    public var messageBytes = 16 << 20
    /// The most messages of one conversation.
    public var messages = 10_000
    /// The most bytes of one conversation.
    public var conversationBytes = 64 << 20
    /// The most conversations of one owner.
    public var conversations = 5_000
    /// The bytes of all conversations of one owner from which on nothing more is asked in them. What belongs to a turn that has
    /// begun is kept beyond: what a write did is not to be lost for it.
    public var ownerBytes = 1 << 30
    /// The most bytes of all conversations together, where they are kept in memory: the oldest go.
    public var memoryBytes = 128 << 20
    /// How many bytes of each message a search looks at.
    public var searchedBytes = 64 << 10

    /// The most conversations of one answer to a list.
    public static let page = 200

    /// The defaults.
    public init() {}

    func check(count: Int, adding: [StoredText], bytes: Int) throws {
        guard count + adding.count <= messages else {
            throw ConversationFailure(
                .conversationFull, "The conversation has as many messages as one may have (\(messages)): begin another."
            )
        }
        guard adding.reduce(bytes, { $0 + $1.bytes }) <= conversationBytes else {
            throw ConversationFailure(
                .conversationFull,
                "The conversation is as large as one may be (\(conversationBytes >> 20) MiB): begin another.")
        }
    }

    /// Whether an owner may begin another conversation.
    ///
    /// - Parameters:
    ///   - count: How many conversations there are.
    ///   - bytes: How many bytes they have together.
    func checkOwner(count: Int, bytes: Int) throws {
        guard count < conversations else {
            throw ConversationFailure(
                .tooMany, "There are as many conversations as one may have (\(conversations)): delete some.")
        }
        try checkOwner(bytes: bytes)
    }

    /// Whether an owner may ask more.
    ///
    /// - Parameter bytes: How many bytes the owner's conversations have together.
    func checkOwner(bytes: Int) throws {
        guard bytes < ownerBytes else {
            throw ConversationFailure(
                .tooMany,
                "Your conversations take as much room as those of one may (\(ownerBytes >> 20) MiB): delete some.")
        }
    }
}
