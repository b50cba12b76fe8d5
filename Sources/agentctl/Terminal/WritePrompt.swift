import AgentCore
import AgentTerminal

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Asks the person at the terminal whether a write may run.
enum WritePrompt {
    /// The words that ask, the same everywhere.
    static let words = "Execute this query? [y/N]: "

    /// Shows the question and waits for a line.
    ///
    /// Only `y` and `yes` approve. A standard input that is no terminal, its end, and everything else decline.
    ///
    /// - Parameter question: What is asked.
    /// - Returns: Whether the person said yes.
    /// - Throws: `CancellationError` after Ctrl-C.
    static func ask(_ question: ApprovalQuestion) async throws -> Bool {
        try await ask(WriteQuestion(text: question.text))
    }

    /// Shows a question of any origin and waits for a line, as for an `ApprovalQuestion`.
    static func ask(_ question: WriteQuestion) async throws -> Bool {
        StandardStreams.writePrompt(question.lines.map(\.text).joined(separator: "\n") + "\n\n")
        // Where the question goes has to be a terminal, too: what nobody saw, nobody approves.
        guard TerminalQuestion.isPossible else {
            StandardStreams.writePrompt("Standard input or standard error is no terminal, so nobody can be asked.\n")
            return false
        }
        // What was typed before the question was shown is no answer to it.
        InputLines.standard.discard()
        StandardStreams.writePrompt(question.ask)
        return TerminalQuestion.isYes(try await InputLines.standard.next())
    }
}
