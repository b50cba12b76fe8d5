import AgentTerminal

/// Where a chat is shown and answered: a terminal whose keys are read one by one, or lines in and lines out.
protocol ChatConsole: Sendable {
    /// How many columns there are.
    var width: Int { get async }
    /// How many rows there are.
    var rows: Int { get async }
    /// Reads what the person says.
    func read(_ prompt: LinePrompt) async throws -> LineInput
    /// Shows lines for good.
    func show(_ lines: [SafeText]) async
    /// Shows many lines page by page.
    func page(_ lines: [SafeText]) async
    /// Shows what is not final yet, and what goes on; may show nothing.
    ///
    /// - Parameters:
    ///   - pending: Makes the lines that will be drawn again, for so many columns; called only when they are drawn.
    ///   - label: What goes on.
    func live(_ pending: @escaping @Sendable (_ width: Int) -> [SafeText], _ label: String) async
    /// Asks whether a write may run, or something else that cannot be taken back. Whatever is no yes, and nobody to ask, is a
    /// no.
    func confirm(_ question: WriteQuestion) async throws -> Bool
    /// Runs what Esc and Ctrl-C cancel.
    func during<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value
    /// Empties the screen.
    func clear() async
    /// Leaves the terminal as it was.
    func close() async
}

/// How a line is asked for.
struct LinePrompt: Sendable {
    var text: SafeText
    /// The lines of before, the oldest first.
    var history: [String] = []
    /// Whether Return ends a text.
    var isComplete: @Sendable (String) -> Bool = { _ in true }
    /// What the text before the cursor may become.
    var complete: @Sendable (String) -> LineEditor.Completion? = { _ in nil }
}

/// What a person said.
enum LineInput: Sendable, Hashable {
    case line(String)
    case interrupted
    case end
}

extension ChatConsole {
    /// Shows what goes on, with nothing above it.
    func live(_ label: String) async { await live({ _ in [] }, label) }
}

extension SafeText {
    /// The line as it is where it fits: blanks at its beginning may put a caret under a place. Else it is wrapped.
    func asItFits(_ width: Int) -> [SafeText] { self.width <= width ? [self] : wrapped(to: width) }
}

extension WriteQuestion {
    /// The question as lines; its warnings stand out.
    var lines: [SafeText] {
        SafeText.lines(text).map { $0.text.hasPrefix("WARNING: ") ? $0.styled(.yellow) : $0 }
    }
}
