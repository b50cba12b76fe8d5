import AgentTerminal

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Lines in and lines out: a dumb terminal, a pipe, a file. Nothing is drawn twice and nothing moves the cursor.
struct PlainConsole: ChatConsole {
    /// Whether standard output shows the lines; else standard error, so that output holds answers alone.
    var palette = Palette.plain
    /// Where lines go.
    var descriptor: Int32 = STDOUT_FILENO

    var width: Int { TerminalDevice.size(of: descriptor).columns }
    var rows: Int { TerminalDevice.size(of: descriptor).rows }

    func read(_ prompt: LinePrompt) async throws -> LineInput {
        write(prompt.text)
        do {
            return try await Interrupt.cancelling { () -> LineInput in
                var text = ""
                while let line = try await InputLines.standard.next() {
                    text += line
                    if prompt.isComplete(text) { return .line(text) }
                    text += "\n"
                    write("... ")
                }
                return text.isEmpty ? .end : .line(text)
            }
        } catch is CancellationError {
            write(SafeText(" "))
            return .interrupted
        }
    }

    func show(_ lines: [SafeText]) async {
        TerminalDevice.write(TerminalOutput(lines, palette: palette), to: descriptor)
    }

    func page(_ lines: [SafeText]) async { await show(lines) }

    func live(_ pending: @escaping @Sendable (_ width: Int) -> [SafeText], _ label: String) async {}

    func confirm(_ question: WriteQuestion) async throws -> Bool {
        try await WritePrompt.ask(question)
    }

    func during<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await Interrupt.cancelling(work)
    }

    func clear() async {}

    func close() async {}

    private func write(_ text: SafeText) {
        TerminalDevice.write(TerminalOutput(part: text, palette: palette), to: descriptor)
    }
}
