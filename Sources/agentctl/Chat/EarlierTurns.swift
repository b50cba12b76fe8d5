import AgentTerminal
import MCPProtocol

/// A conversation that is taken up again, as far back as a person has to see to know where it was.
struct EarlierConversation: Sendable, Hashable {
    var title: String
    /// The configured name of its database.
    var database: String?
    /// The newest messages, in the shape of `GET /api/v1/conversations/{id}`.
    var messages: [JSONValue]
    /// Whether a turn of it runs at this moment.
    var isRunning = false

    /// How many messages are read: of a turn that called many tools at least the end.
    static let mostMessages = 100
}

/// The last turns of a conversation in few lines: each question, what was called in a line each, and the answer, all drawn as a
/// turn is that runs.
struct EarlierTurns {
    /// The most turns.
    private static let mostTurns = 2
    /// The most lines of a question.
    private static let mostQuestionLines = 3
    /// The most calls of a turn; the last of them.
    private static let mostCalls = 4
    /// The most lines of the last answer, and of one before.
    private static let mostAnswerLines = (last: 18, before: 5)

    fileprivate struct Turn {
        /// nil where the turn is so long that its beginning is not read.
        var question: String?
        var calls: [(call: JSONValue, result: JSONValue?)] = []
        /// What the model said behind its last call; before that what it said at all.
        var answer = ""
        var saysMore = false
        var end: String?
    }

    private var turns: [Turn] = []
    /// How many messages there are before those that are shown.
    private let messagesBefore: Int

    init(_ conversation: EarlierConversation) {
        var begins: [Int] = []
        for message in conversation.messages {
            let parts = message["parts"]?.array ?? []
            if message["role"]?.string == "user", let words = Self.words(parts) {
                // Results of a turn that broke off stand beside the next question.
                if !turns.isEmpty { turns[turns.count - 1].add(parts.filter { $0["type"]?.string == "tool_result" }) }
                turns.append(Turn(question: words))
                begins.append(message["index"]?.int ?? 0)
                continue
            }
            if turns.isEmpty {
                turns.append(Turn())
                begins.append(message["index"]?.int ?? 0)
            }
            turns[turns.count - 1].add(parts)
            if let end = message["end"]?.string { turns[turns.count - 1].end = end }
        }
        turns = turns.suffix(Self.mostTurns)
        messagesBefore = begins.suffix(Self.mostTurns).first ?? 0
    }

    /// What a message says; nil for one that says nothing, such as one of results alone.
    private static func words(_ parts: [JSONValue]) -> String? {
        let texts = parts.filter { $0["type"]?.string == "text" }.compactMap { $0["text"]?.string }
        return texts.isEmpty ? nil : texts.joined(separator: "\n\n")
    }

    /// The lines, each of at most `width` columns.
    func lines(width: Int) -> [SafeText] {
        var lines: [SafeText] = []
        if messagesBefore > 0 {
            let many = messagesBefore == 1 ? "1 earlier message" : "\(messagesBefore) earlier messages"
            lines += SafeText("… \(many); /export writes the conversation whole", .dim).wrapped(to: width)
        }
        for (index, turn) in turns.enumerated() {
            let most = index == turns.count - 1 ? Self.mostAnswerLines.last : Self.mostAnswerLines.before
            lines += Self.lines(turn, mostAnswerLines: most, width: width)
        }
        return lines
    }

    private static func lines(_ turn: Turn, mostAnswerLines: Int, width: Int) -> [SafeText] {
        let you = SafeText("You: ", .cyan)
        // What is not shown is not folded either: a question may be very long.
        let words = turn.question.map { SafeText.lines(String($0.prefix(width * (mostQuestionLines + 1)))) } ?? []
        let question = words.enumerated().flatMap { $1.wrapped(to: width, first: $0 == 0 ? you : "") }
        var lines = Array(question.prefix(mostQuestionLines))
        if question.count > mostQuestionLines || turn.question == nil { lines.append(SafeText("…", .dim)) }
        let hidden = turn.calls.count - mostCalls
        if hidden > 0 { lines += SafeText("… \(hidden) more call\(hidden == 1 ? "" : "s")", .dim).wrapped(to: width) }
        lines += turn.calls.suffix(mostCalls).map { folded($0.call, $0.result).shortened(to: width) }
        var markdown = MarkdownStream()
        let answer = markdown.feed(turn.answer, width: width) + markdown.finish(width: width)
        lines += answer.prefix(mostAnswerLines)
        let left = answer.count - mostAnswerLines
        if left > 0 {
            let more = "… \(left) more line\(left == 1 ? "" : "s"); /export writes the conversation whole"
            lines += SafeText(more, .dim).wrapped(to: width)
        }
        let end = turn.end == "failed" ? "The turn failed." : turn.end.flatMap(TurnPrinter.words(forEnd:))
        if let end { lines += SafeText(end, .yellow).wrapped(to: width) }
        if end == nil, answer.isEmpty { lines += SafeText("There is no answer to it.", .yellow).wrapped(to: width) }
        return lines
    }

    /// A call with what came of it, on one line.
    private static func folded(_ call: JSONValue, _ result: JSONValue?) -> SafeText {
        let name = call["name"]?.string ?? "tool"
        var line = SafeText("> \(name.prefix(TurnPrinter.longestName))", .cyan)
        let (outcome, style) = outcome(of: result)
        line.append(SafeText("  (\(outcome))", style))
        if let sql = call["arguments"]?["query"]?.string {
            // One line of it says which statement it was.
            let words = sql.prefix(1000).split(whereSeparator: \.isWhitespace).joined(separator: " ")
            line.append(SafeText("  \(words)", .dim))
        } else if let what = TurnPrinter.arguments(of: call) {
            line.append(SafeText("  \(what)", .dim))
        }
        return line
    }

    private static func outcome(of result: JSONValue?) -> (words: String, style: TextStyle) {
        guard let result else { return ("no result", .yellow) }
        switch result["decision"]?.string {
        case "decline": return ("declined", .yellow)
        case "expired": return ("nobody answered: not run", .yellow)
        default: break
        }
        if result["isError"]?.bool == true { return ("failed", .red) }
        if result["result"]?["statements"] != nil {
            return (result["result"]?["dryRun"]?.bool == true ? "dry run" : "committed", .dim)
        }
        guard let rows = result["result"]?["rows"]?.array, result["result"]?["columns"]?.array?.isEmpty != true else {
            return ("done", .dim)
        }
        let more = result["result"]?["truncated"]?.bool == true ? ", cut" : ""
        return ("\(rows.count) row\(rows.count == 1 ? "" : "s")\(more)", .dim)
    }
}

extension EarlierTurns.Turn {
    fileprivate mutating func add(_ parts: [JSONValue]) {
        for part in parts {
            switch part["type"]?.string {
            case "text":
                let text = part["text"]?.string ?? ""
                answer = saysMore ? answer + text : text
                saysMore = true
            case "tool_call":
                calls.append((part, nil))
                // What was said before a call leads to it; what comes behind it is nearer to the answer.
                saysMore = false
            case "tool_result":
                guard let id = part["call"]?.string,
                    let index = calls.lastIndex(where: { $0.call["id"]?.string == id })
                else { continue }
                calls[index].result = part
            default: break
            }
        }
    }
}
