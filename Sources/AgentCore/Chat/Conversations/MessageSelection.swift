internal import MCPProtocol

/// Which messages of a conversation are read: the newest of those that are asked for, and no more than fit.
///
/// A conversation may have 64 MiB; whoever reads it takes it in pieces.
public struct MessageSelection: Sendable, Hashable {
    /// Only messages with a smaller index; nil: from the last one on.
    public var before: Int?
    /// The most messages.
    public var limit: Int
    /// The most bytes, as they are written down; one message comes in any case.
    public var bytes: Int
    /// Whether ``StoredMessage/details`` are read, which only those need who show them.
    public var includesDetails: Bool

    /// Describes a selection.
    ///
    /// - Parameters:
    ///   - before: Only messages with a smaller index; nil: from the last one on.
    ///   - limit: The most messages.
    ///   - bytes: The most bytes, as they are written down; one message comes in any case.
    ///   - includesDetails: Whether what is only there to be shown is read.
    public init(before: Int? = nil, limit: Int, bytes: Int = 2 << 20, includesDetails: Bool = true) {
        self.before = before
        self.limit = limit
        self.bytes = bytes
        self.includesDetails = includesDetails
    }
}

extension ConversationStore {
    /// Reads everything, and leaves out what was not asked for: right for a store that holds little.
    public func messages(
        of id: String, owner: String, _ selection: MessageSelection
    ) async throws -> [StoredMessage] {
        var selected: [StoredMessage] = []
        var bytes = 0
        for message in try await messages(of: id, owner: owner).reversed()
        where message.index < selection.before ?? .max {
            var message = message
            if !selection.includesDetails { message.details = [:] }
            bytes += message.json.serialized().count + (message.detailsJSON?.serialized().count ?? 0)
            guard selected.count < max(1, selection.limit), selected.isEmpty || bytes <= selection.bytes else { break }
            selected.append(message)
        }
        return selected.reversed()
    }

    /// Begins a conversation and adds to it in two steps, of which a failure of the second takes back the first.
    public func begin(
        owner: String, title: String, database: String?, with messages: [StoredMessage]
    ) async throws -> Conversation {
        var made = try await create(owner: owner, title: title, database: database)
        do {
            try await append(messages, to: made.id, owner: owner)
        } catch {
            _ = try? await delete(made.id, owner: owner)
            throw error
        }
        made.messageCount = messages.count
        return made
    }
}
