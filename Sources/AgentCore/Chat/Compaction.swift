internal import AgentModels

/// Makes a conversation fit into a budget, the same way each time, without asking a model.
///
/// First the results of tools of earlier turns become a line each. If that is not enough the oldest turns are left out, with a
/// note that names their questions. The current turn stays as it is as long as it fits by itself; else the results of its
/// earlier steps become lines too, and at last those of the last step are cut. Calls and results stay in pairs throughout.
enum Compaction {
    /// Makes the conversation fit.
    ///
    /// - Parameters:
    ///   - messages: The conversation, as ``Transcript/paired(_:)`` orders it.
    ///   - most: The budget in bytes, of ``ModelMessage/byteCount``.
    /// - Returns: The conversation, which is larger than the budget only where a single step is; nil when it fitted before.
    static func compact(_ messages: [ModelMessage], to most: Int) -> [ModelMessage]? {
        let sizes = messages.map(\.byteCount)
        guard sizes.reduce(0, +) > most else { return nil }
        let starts = messages.indices.filter { messages[$0].isQuestion }
        let current = starts.last ?? 0
        let lines = messages.map(shortened)
        var compacted = Array(lines[..<current] + messages[current...])
        if size(compacted) > most {
            let first = cutPoint(lines, starts: starts, current: current, currentSize: size(messages[current...]), most)
            compacted = droppingTurns(compacted, before: first)
        }
        if size(compacted) > most { shortenSteps(&compacted) }
        if size(compacted) > most { cutLastResults(&compacted, to: most) }
        return compacted
    }

    private static func size(_ messages: some Sequence<ModelMessage>) -> Int {
        messages.reduce(0) { $0 + $1.byteCount }
    }

    /// The message with its results as lines.
    static func shortened(_ message: ModelMessage) -> ModelMessage {
        guard message.role == .user else { return message }
        return mappingResults(message) { ResultCut.line($0) ?? $0 }
    }

    private static func mappingResults(_ message: ModelMessage, _ change: (String) -> String) -> ModelMessage {
        var message = message
        message.parts = message.parts.map { part in
            guard case .toolResult(var result) = part else { return part }
            result.text = change(result.text)
            return .toolResult(result)
        }
        return message
    }

    /// The question from which on turns are kept.
    ///
    /// It moves in strides and not with every turn: what is sent begins with the same bytes for many turns, which the caches of
    /// the services reward.
    private static func cutPoint(
        _ lines: [ModelMessage], starts: [Int], current: Int, currentSize: Int, _ most: Int
    ) -> Int {
        var before = [0]
        for message in lines[..<current] { before.append(before[before.count - 1] + message.byteCount) }
        let whole = before[current]
        let stride = max(1, most / 3)
        // A quarter of the budget is left for the answers to come.
        let room = most * 3 / 4 - currentSize - noteBytes
        var last = 0
        for start in starts where start <= current {
            let isStride = before[start] / stride > last / stride
            last = before[start]
            if isStride, whole - before[start] <= room { return start }
        }
        // No stride ends in time: the fewest turns that have to go.
        return starts.first { $0 <= current && whole - before[$0] <= room } ?? current
    }

    private static let noteBytes = 2_000
    private static let mostQuestions = 12

    /// Leaves out what comes before a question, and says so.
    private static func droppingTurns(_ messages: [ModelMessage], before first: Int) -> [ModelMessage] {
        guard first > 0 else { return messages }
        let questions = messages[..<first].filter(\.isQuestion).map(\.words)
        var kept = Array(messages[first...])
        // The results at its beginning belong to calls that are gone.
        kept[0].parts.removeAll { if case .toolResult = $0 { true } else { false } }
        var note =
            "[Note of the agent: earlier questions of this conversation, with their answers, are left out to save room. The "
            + "last of them began:"
        for question in questions.suffix(mostQuestions) {
            note += "\n- " + ResultCut.prefix(question.prefix { !$0.isNewline }, 120)
        }
        kept[0].parts.insert(.text(note + "]"), at: 0)
        return kept
    }

    /// Shortens the results of the current turn but for those of its last step.
    private static func shortenSteps(_ messages: inout [ModelMessage]) {
        guard messages.count > 1 else { return }
        for index in messages.indices.dropLast() { messages[index] = shortened(messages[index]) }
    }

    /// Cuts the results of the last step, each to its share.
    private static func cutLastResults(_ messages: inout [ModelMessage], to most: Int) {
        guard let last = messages.last else { return }
        let count = last.results.count
        guard count > 0 else { return }
        let others = size(messages.dropLast()) + last.byteCount - last.results.reduce(0) { $0 + $1.text.utf8.count }
        let share = max(400, (most - others) / count - cutNote.utf8.count)
        messages[messages.count - 1] = mappingResults(last) { text in
            ResultCut.cut(text, to: share).map { cutNote + $0.text } ?? text
        }
    }

    private static let cutNote = "NOT ALL: this answer is cut here to save room.\n"
}
