#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Questions to the person at the terminal.
enum TerminalQuestion {
    /// Whether somebody is there to answer.
    static var isPossible: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Asks for yes; anything else is no.
    static func confirm(_ question: String) -> Bool {
        StandardStreams.writePrompt(question + " [y/N] ")
        return isYes(readLine(strippingNewline: true))
    }

    /// Whether an answer approves: `y` and `yes`, nothing else.
    static func isYes(_ answer: String?) -> Bool {
        guard let answer else { return false }
        let word = answer.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
        return ["y", "yes"].contains(String(word).lowercased())
    }
}
