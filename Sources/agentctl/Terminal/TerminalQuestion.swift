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
        ask(question + " [y/N] ")
        guard let answer = readLine(strippingNewline: true) else { return false }
        return ["y", "yes"].contains(answer.lowercased())
    }

    /// Asks for a new password twice, without showing it.
    ///
    /// - Returns: The password; nil when none was given or the two differ.
    static func newPassword(for role: String) -> String? {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        var silent = settings
        // Without signals either: one would end the process and leave the terminal silent. Ctrl-C gives up below.
        silent.c_lflag &= ~tcflag_t(ECHO | ISIG)
        guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0 else { return nil }
        defer { tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings) }
        ask("New password for role \(TerminalText.line(role)): ")
        let first = readLine(strippingNewline: true)
        ask("\nAgain: ")
        let second = readLine(strippingNewline: true)
        ask("\n")
        guard let first, !first.isEmpty, first == second,
            !first.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        else { return nil }
        return first
    }

    private static func ask(_ text: String) {
        var text = text
        _ = text.withUTF8 { bytes in
            #if canImport(Darwin)
            Darwin.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
            #elseif canImport(Musl)
            Musl.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
            #else
            Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
            #endif
        }
    }
}
