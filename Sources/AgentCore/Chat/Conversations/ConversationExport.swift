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
    /// The most characters of another result.
    static let shownText = 4000

    /// An export.
    ///
    /// - Parameters:
    ///   - conversation: The conversation.
    ///   - messages: Its messages, in order.
    public init(_ conversation: Conversation, messages: [StoredMessage]) {
        self.conversation = conversation
        self.messages = messages
    }

    /// The export as text.
    ///
    /// - Parameter format: Its form.
    public func text(as format: Format) -> String {
        switch format {
        case .markdown: markdown
        case .json: PlainText.jsonForTerminals(JSONValue.object(json).serialized()) + "\n"
        }
    }

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

    // MARK: - JSON

    private var json: JSONObject {
        var object: JSONObject = ["format": "postgres-agent/conversation", "version": 1]
        for (key, value) in conversation.json { object[key] = value }
        object["messages"] = .array(messages.map { .object($0.shownJSON) })
        return object
    }

    // MARK: - Markdown

    private var markdown: String {
        var blocks = ["# " + MarkdownText.words(conversation.title)]
        var facts = ["- Begun: \(conversation.created.text)", "- Last changed: \(conversation.updated.text)"]
        if let database = conversation.database { facts.insert("- Database: " + MarkdownText.words(database), at: 0) }
        blocks.append(facts.joined(separator: "\n"))
        for message in messages {
            // What a tool answered is a message of the user's side, and belongs to the answer above it.
            let isSaid = message.message.parts.contains { if case .toolResult = $0 { false } else { true } }
            if isSaid {
                let speaker = message.message.role == .user ? "You" : "Assistant"
                blocks.append("## \(speaker), \(message.created.text)")
            }
            for part in message.message.parts { blocks += shown(part, of: message) }
            if let end = message.end { blocks.append("*This answer is not whole (\(end.rawValue)).*") }
        }
        return blocks.joined(separator: "\n\n") + "\n"
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
        let heading = "**\(result.isError ? "Error" : "Result") of \(MarkdownText.words(result.name))\(time)**"
        if !result.isError, let table = detail?.result.flatMap({ MarkdownText.table($0) }) { return [heading] + table }
        let characters = result.text.unicodeScalars
        guard characters.count > Self.shownText else {
            return [heading, MarkdownText.fence(VisibleSQL.text(result.text))]
        }
        let head = String(String.UnicodeScalarView(characters.prefix(Self.shownText)))
        return [heading, MarkdownText.fence(VisibleSQL.text(head)), "*(cut; the export as JSON has all that is kept)*"]
    }
}
