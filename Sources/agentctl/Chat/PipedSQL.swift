import AgentTerminal
import SQLClassifier

/// SQL from a pipe or a file where no model answers: statement by statement through the guard, as `agentctl query` runs one.
struct PipedSQL {
    let backend: any ChatBackend
    let database: String?
    let text: String

    /// Runs the statements in their order, up to the first that fails or is declined: what stands behind it may depend on it.
    ///
    /// - Returns: The exit status: 0 when all ran, 130 when it was interrupted.
    /// - Throws: ``ChatProblem`` with the exit status of what did not run.
    func run() async throws -> Int32 {
        switch ChatInstruction(text) {
        case .command(let name, _): throw Self.needsTerminal("/" + name.rawValue)
        case .unknown(let name, _): throw Self.needsTerminal("/" + name)
        case .words, .nothing: break
        }
        let statements = Self.statements(of: text)
        for (index, sql) in statements.enumerated() {
            do {
                let (backend, database) = (backend, database)
                try show(
                    try await Interrupt.cancelling {
                        try await backend.query(sql, database: database, offset: 0) { try await WritePrompt.ask($0) }
                    })
            } catch is CancellationError {
                StandardStreams.writeError("cancelled")
                return 130
            } catch var problem as ChatProblem {
                let left = statements.count - index - 1
                if left > 0 {
                    problem.description += "\n\(left) statement\(left == 1 ? "" : "s") behind it did not run."
                }
                throw problem
            }
        }
        return 0
    }

    private static func needsTerminal(_ command: String) -> ChatProblem {
        ChatProblem("\(command) is a command of a chat at a terminal; a pipe brings SQL here.", status: 2)
    }

    /// The statements of a text; the whole text where it cannot be taken apart, of which the guard says why.
    static func statements(of text: String) -> [String] {
        let found = SQLClassifier.classify(text)
        guard found.statements.count > 1, found.reason?.code != .unterminated else { return [text] }
        let bytes = Array(text.utf8)
        return found.statements.map { String(decoding: bytes[$0.range], as: UTF8.self) }
    }

    private func show(_ answer: SQLAnswer) throws {
        for notice in answer.notices { StandardStreams.writeError(notice) }
        for (index, table) in answer.tables.enumerated() {
            StandardStreams.write(table.aligned())
            if index < answer.footers.count { writeLine(answer.footers[index]) }
        }
        if answer.tables.isEmpty, let footer = answer.footers.first { writeLine(footer) }
        if let done = answer.done { StandardStreams.writeError(done) }
    }

    private func writeLine(_ text: String) {
        StandardStreams.write(SafeText.lines(text).map(\.text).joined(separator: "\n") + "\n")
    }
}
