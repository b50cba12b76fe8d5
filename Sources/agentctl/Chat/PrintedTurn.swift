import AgentCore
import AgentTerminal
import MCPProtocol

/// One question and its answer, for scripts: `agentctl chat --print` and `--json`.
struct PrintedTurn {
    let backend: any ChatBackend
    let question: ChatQuestion
    let isJSON: Bool

    /// Asks.
    ///
    /// - Returns: The exit status: 0 for a whole answer, 1 for one that failed or was cut, 130 when it was cancelled.
    func run() async throws -> Int32 {
        let answering = try await backend.model()
        if let problem = answering.problem {
            StandardStreams.writeError(problem)
            return 2
        }
        let output = Output(isJSON: isJSON)
        let backend = backend
        let question = question
        do {
            try await Interrupt.cancelling {
                try await backend.turn(
                    question,
                    confirm: { try await WritePrompt.ask($0) },
                    onEvent: { await output.take($0) })
            }
        } catch is CancellationError {
            await output.end()
            StandardStreams.writeError("cancelled")
            return 130
        } catch {
            await output.end()
            tellLog()
            throw error
        }
        let status = await output.end()
        tellLog()
        return status
    }

    /// The person is the operator of an agent in this process.
    private func tellLog() {
        for line in backend.takeLog() { StandardStreams.writeError("log: " + line) }
    }

    private actor Output {
        private let isJSON: Bool
        private var isInLine = false
        private var reason: String?

        init(isJSON: Bool) { self.isJSON = isJSON }

        func take(_ event: TurnEvent) {
            if event.name == "done" { reason = event.data["reason"]?.string }
            if isJSON {
                var object: JSONObject = ["event": .string(event.name)]
                for (key, value) in event.data.object ?? [:] { object[key] = value }
                StandardStreams.write(PlainText.jsonForTerminals(JSONValue.object(object).serialized()) + "\n")
                return
            }
            switch event.name {
            case "text":
                let text = event.data["text"]?.string ?? ""
                guard !text.isEmpty else { return }
                let lines = SafeText.lines(text).map(\.text).joined(separator: "\n")
                StandardStreams.write(lines)
                isInLine = true
            case "tool_call":
                // What was said before a call and after it are two paragraphs.
                if isInLine { StandardStreams.write("\n\n") }
                isInLine = false
            case "error": StandardStreams.writeError(event.data["message"]?.string ?? "the turn failed")
            default: break
            }
        }

        @discardableResult
        func end() -> Int32 {
            if isInLine { StandardStreams.write("\n") }
            isInLine = false
            switch reason {
            case "answered": return 0
            case "cancelled": return 130
            case "failed": return 1
            case let reason?:
                StandardStreams.writeError("the answer is not whole: \(reason)")
                return 1
            case nil: return 1
            }
        }
    }
}
