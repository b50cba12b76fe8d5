internal import AgentModels

/// What is read of a conversation for a turn: from its end back, and no further than a model can be sent.
///
/// A stored conversation may be a hundred times as long. What ``Compaction`` would shorten or leave out anyway is shortened while it
/// is read, and not read at all beyond that: what a turn holds does not grow with the conversation.
enum History {
    /// How many messages are read at a time. Where reading ends is a multiple of it, so that a conversation begins with the same
    /// bytes for many turns, which the caches of the services reward.
    static let stride = 64
    /// How many bytes are read at a time.
    static let pageBytes = 1 << 20
    /// So many times the budget is read at the most; results that are shortened make that a long way back.
    private static let mostReading = 4

    /// The end of a conversation.
    ///
    /// - Parameters:
    ///   - id: The conversation.
    ///   - owner: Whose.
    ///   - store: Where it is.
    ///   - count: How many messages it has.
    ///   - most: The most bytes that a model is ever sent, of ``ModelMessage/byteCount``.
    /// - Returns: The messages in order, without what is only there to be shown.
    /// - Throws: ``ConversationFailure``; `CancellationError`.
    static func read(
        of id: String, owner: String, in store: any ConversationStore, count: Int, most: Int
    ) async throws -> [ModelMessage] {
        var newestFirst: [ModelMessage] = []
        var (bytes, bytesRead) = (0, 0)
        var isShortened = false
        var next = count
        while next > 0 {
            let boundary = (next - 1) / stride * stride
            let page = try await store.messages(
                of: id, owner: owner,
                MessageSelection(before: next, limit: next - boundary, bytes: pageBytes, includesDetails: false))
            guard let first = page.first else { break }
            for stored in page.reversed() {
                bytesRead += stored.message.byteCount
                newestFirst.append(isShortened ? Compaction.shortened(stored.message) : stored.message)
                bytes += newestFirst[newestFirst.count - 1].byteCount
                guard !isShortened, bytes > most else { continue }
                // More than can be sent as it is: the results of earlier turns become lines.
                isShortened = true
                newestFirst = newestFirst.map(Compaction.shortened)
                bytes = newestFirst.reduce(0) { $0 + $1.byteCount }
            }
            next = first.index
            let isEnough = bytes > most || bytesRead > most * mostReading
            if isEnough, next == boundary { break }
            if bytesRead > most * mostReading * 2 { break }
        }
        var messages = Array(newestFirst.reversed())
        guard next > 0 else { return messages }
        // What stands before the first question belongs to one that was not read.
        messages.removeFirst(messages.firstIndex(where: \.isQuestion) ?? messages.count)
        if !messages.isEmpty { messages[0].parts.append(.text(note)) }
        return messages
    }

    /// What the model reads at the beginning of a conversation that does not begin there.
    static let note = "[Note of the agent: what was said before this in the conversation is left out to save room.]"
}
