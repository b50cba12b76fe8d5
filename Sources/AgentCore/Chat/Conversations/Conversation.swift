public import AuthTokens
internal import MCPProtocol

/// A conversation of one person with the agent, without its messages.
public struct Conversation: Sendable, Hashable {
    /// What names it: 128 random bits in hexadecimal.
    public let id: String
    /// The `id` of the principal whose it is; to everybody else it does not exist.
    public let owner: String
    /// What lists show: one line, see ``ConversationTitle``.
    public var title: String
    /// The configured name of the database that it is about; nil: the first one.
    public var database: String?
    /// When it began.
    public let created: Timestamp
    /// When a message was last added or taken away.
    public var updated: Timestamp
    /// How many messages it has.
    public var messageCount: Int

    /// Describes a conversation.
    ///
    /// - Parameters:
    ///   - id: What names it.
    ///   - owner: The `id` of the principal whose it is.
    ///   - title: What lists show.
    ///   - database: The configured name of its database.
    ///   - created: When it began.
    ///   - updated: When it last grew.
    ///   - messageCount: How many messages it has.
    public init(
        id: String, owner: String, title: String, database: String?, created: Timestamp, updated: Timestamp,
        messageCount: Int
    ) {
        self.id = id
        self.owner = owner
        self.title = title
        self.database = database
        self.created = created
        self.updated = updated
        self.messageCount = messageCount
    }

    /// A new name, which nobody can guess.
    static func newID() -> String {
        var generator = SystemRandomNumberGenerator()
        return Digest.hexadecimal((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }

    /// Whether a text can be the name of one: nothing else reaches a store.
    static func isID(_ text: String) -> Bool {
        text.utf8.count == 32 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}

/// Titles of conversations.
public enum ConversationTitle {
    /// The most characters (Unicode scalars) of a title.
    public static let maximumLength = 200
    /// The title of a conversation without one.
    public static let untitled = "New conversation"

    /// A text as a title: one line, without what looks like a secret, without characters that hide, reorder or steer what stands
    /// around them, and not too long.
    ///
    /// - Parameters:
    ///   - text: Any text, such as the first question.
    ///   - length: The most characters.
    public static func of(_ text: String, length: Int = maximumLength) -> String {
        var title = String.UnicodeScalarView()
        var pendingSpace = false
        var count = 0
        for scalar in ConversationMask.masked(text: text).unicodeScalars {
            let isSpace = scalar.properties.isWhitespace
            if isSpace {
                pendingSpace = count > 0
                continue
            }
            if PlainText.isControl(scalar) { continue }
            if count + (pendingSpace ? 2 : 1) > length {
                // The mark takes the place of the last character.
                if count == length { title.removeLast() }
                title.append("…")
                break
            }
            if pendingSpace {
                title.append(" ")
                count += 1
                pendingSpace = false
            }
            title.append(scalar)
            count += 1
        }
        return title.isEmpty ? untitled : String(title)
    }
}
