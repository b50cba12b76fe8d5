internal import AgentModels
internal import AuthTokens
internal import MCPProtocol

/// A conversation as a file of its own.
public struct ConversationExport: Sendable {
    /// The forms of an export.
    public enum Format: String, Sendable, Hashable, CaseIterable {
        /// For people.
        case markdown
        /// For programs: all that is kept, and the same as the API shows.
        case json
    }

    private let conversation: Conversation
    private let messages: [StoredMessage]

    /// The most rows of a result that Markdown shows; JSON has what is kept.
    static let shownRows = 100
    /// The most characters of a cell.
    static let shownCell = 300
    /// How many messages are read at a time.
    private static let mostAtOnce = 32
    /// The most characters of another result.
    static let shownText = 4000

    /// An export.
    ///
    /// - Parameters:
    ///   - conversation: The conversation.
    ///   - messages: Its messages, in order; not needed for ``write(as:from:_:)``.
    public init(_ conversation: Conversation, messages: [StoredMessage] = []) {
        self.conversation = conversation
        self.messages = messages
    }

    /// The export as text.
    ///
    /// - Parameter format: Its form.
    public func text(as format: Format) -> String {
        var text = head(format)
        for (number, message) in messages.enumerated() { text += piece(message, number: number, format) }
        return text + tail(format)
    }

    /// Writes the export piece by piece, reading the messages as it goes: little of it is held at a time.
    ///
    /// - Parameters:
    ///   - format: Its form.
    ///   - store: Where the conversation is.
    ///   - write: Is given the text, in order.
    /// - Throws: ``ConversationFailure``; `CancellationError`; what `write` throws.
    public func write(
        as format: Format, from store: any ConversationStore, _ write: (String) async throws -> Void
    ) async throws {
        try await write(head(format))
        var number = 0
        var width = Self.mostAtOnce
        // What is said meanwhile is not part of it.
        while number < conversation.messageCount {
            let end = min(number + width, conversation.messageCount)
            let messages = try await store.messages(
                of: conversation.id, owner: conversation.owner, MessageSelection(before: end, limit: end - number))
            guard messages.first?.index == number else {
                // Not all of them fitted into one answer, which holds the newest.
                guard width > 1, !messages.isEmpty else { break }
                width /= 2
                continue
            }
            for message in messages {
                try await write(piece(message, number: number, format))
                number += 1
            }
            width = Self.mostAtOnce
        }
        try await write(tail(format))
    }

    private func head(_ format: Format) -> String {
        switch format {
        case .markdown: return markdownHead
        case .json:
            var object: JSONObject = ["format": "postgres-agent/conversation", "version": 1]
            for (key, value) in conversation.json where key != "messages" { object[key] = value }
            // The messages are the last member, so that they can follow one by one.
            return String(Self.jsonText(.object(object)).dropLast()) + ",\"messages\":["
        }
    }

    private func piece(_ message: StoredMessage, number: Int, _ format: Format) -> String {
        switch format {
        case .markdown: markdown(message).map { "\n\n" + $0 }.joined()
        case .json: (number > 0 ? "," : "") + Self.jsonText(.object(message.shownJSON))
        }
    }

    private func tail(_ format: Format) -> String { format == .markdown ? "\n" : "]}\n" }

    private static func jsonText(_ value: JSONValue) -> String { PlainText.jsonForTerminals(value.serialized()) }

    /// A name for the file, of letters, digits and hyphens.
    ///
    /// - Parameter format: Its form.
    public func fileName(as format: Format) -> String {
        var name = ""
        for scalar in conversation.title.lowercased().unicodeScalars.prefix(60) {
            if scalar.isASCII, scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) {
                name.unicodeScalars.append(scalar)
            } else if !name.isEmpty, name.last != "-" {
                name += "-"
            }
        }
        while name.last == "-" { name.removeLast() }
        return (name.isEmpty ? "conversation" : name) + (format == .json ? ".json" : ".md")
    }

    // MARK: - Markdown

    private var markdownHead: String {
        var facts = ["- Begun: \(conversation.created.text)", "- Last changed: \(conversation.updated.text)"]
        if let database = conversation.database { facts.insert("- Database: " + MarkdownText.words(database), at: 0) }
        return "# " + MarkdownText.words(conversation.title) + "\n\n" + facts.joined(separator: "\n")
    }

    private func markdown(_ message: StoredMessage) -> [String] {
        var blocks: [String] = []
        // What a tool answered is a message of the user's side, and belongs to the answer above it.
        let isSaid = message.message.parts.contains { if case .toolResult = $0 { false } else { true } }
        if isSaid {
            let speaker = message.message.role == .user ? "You" : "Assistant"
            blocks.append("## \(speaker), \(message.created.text)")
        }
        for part in message.message.parts { blocks += shown(part, of: message) }
        if let end = message.end { blocks.append("*This answer is not whole (\(end.rawValue)).*") }
        return blocks
    }

    private func shown(_ part: ModelPart, of message: StoredMessage) -> [String] {
        switch part {
        case .text(let text): [MarkdownText.quote(text)]
        // Nobody was told it.
        case .thinking: []
        case .toolCall(let call): shown(call)
        case .toolResult(let result): shown(result, message.details[result.callID])
        }
    }

    private func shown(_ call: ModelToolCall) -> [String] {
        var blocks = ["**Call of \(MarkdownText.words(call.name))**"]
        var arguments = call.arguments
        if let sql = arguments["query"]?.string {
            blocks.append(MarkdownText.fence(VisibleSQL.text(sql), language: "sql"))
            arguments["query"] = nil
        }
        if !arguments.isEmpty {
            let json = PlainText.jsonForTerminals(JSONValue.object(arguments).serialized())
            blocks.append(MarkdownText.fence(json, language: "json"))
        }
        if let malformed = call.malformedArguments { blocks.append(MarkdownText.fence(VisibleSQL.text(malformed))) }
        return blocks
    }

    private func shown(_ result: ModelToolResult, _ detail: StoredResult?) -> [String] {
        let time = detail.map { ", \(Int($0.elapsedMs.rounded())) ms" } ?? ""
        let kind =
            switch detail?.decision {
            case .decline: "Declined call"
            case .expired: "Unanswered call"
            case .approve, nil: result.isError ? "Error" : "Result"
            }
        let heading = "**\(kind) of \(MarkdownText.words(result.name))\(time)**"
        if !result.isError, let table = detail?.result.flatMap({ MarkdownText.table($0) }) { return [heading] + table }
        let characters = result.text.unicodeScalars
        guard characters.count > Self.shownText else {
            return [heading, MarkdownText.fence(VisibleSQL.text(result.text))]
        }
        let head = String(String.UnicodeScalarView(characters.prefix(Self.shownText)))
        return [heading, MarkdownText.fence(VisibleSQL.text(head)), "*(cut; the export as JSON has all that is kept)*"]
    }
}
