import AgentTerminal

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A terminal whose keys are read one by one, so that lines can be edited and a turn cancelled while it is shown.
actor KeyConsole: ChatConsole {
    /// How long a lone Esc is waited for to become a sequence, in milliseconds.
    private static let escapeDelay = 50
    /// How often what goes on is drawn, in milliseconds.
    private static let tickDelay = 100
    /// The most keys that are kept for a line that is not asked for yet.
    private static let mostAhead = 4096

    private let device: TerminalDevice
    private let palette: Palette
    private var decoder = KeyDecoder()
    /// Keys that came before the line that they belong to: together with the one that ended the last one, or while something
    /// went on. They are never the answer to a question.
    private var ahead: [Key] = []
    private var region: LiveRegion

    // While something goes on.
    private var isWatching = false
    private var begun = ContinuousClock.now
    private var ticks = 0
    private var pending: @Sendable (_ width: Int) -> [SafeText] = { _ in [] }
    /// What ``pending`` gave for a width; nil when it may give something else now.
    private var rendered: (width: Int, lines: [SafeText])?
    private var label = ""
    private var cancel: (@Sendable () -> Void)?
    private var isCancelled = false
    private var drawn = ContinuousClock.now
    /// How long the last drawing took.
    private var drawing = Duration.zero

    // While a write is asked about.
    private var answer = LineEditor()
    private var ask = WritePrompt.words
    private var answering: CheckedContinuation<Bool, Never>?

    init(device: TerminalDevice, palette: Palette) {
        self.device = device
        self.palette = palette
        region = LiveRegion(size: device.size)
        device.beginRaw()
    }

    var width: Int { device.size.columns }
    var rows: Int { device.size.rows }

    // MARK: Lines

    func read(_ prompt: LinePrompt) async throws -> LineInput {
        var editor = LineEditor(history: prompt.history, isComplete: prompt.isComplete, complete: prompt.complete)
        draw(editor, prompt.text)
        while true {
            var keys = ahead
            ahead = []
            if keys.isEmpty {
                let event = await device.next(within: decoder.isPending ? Self.escapeDelay : nil)
                if event == .end {
                    device.write(region.leave())
                    return .end
                }
                keys = self.keys(of: event)
            }
            for (index, key) in keys.enumerated() {
                if let input = await take(editor.handle(key), editor, prompt.text) {
                    ahead = Array(keys[(index + 1)...])
                    return input
                }
            }
            draw(editor, prompt.text)
        }
    }

    private func keys(of event: TerminalDevice.Event) -> [Key] {
        switch event {
        case .bytes(let bytes): return decoder.feed(bytes)
        case .quiet: return decoder.flush()
        case .continued:
            device.write(region.clear())
            return []
        case .resized, .end: return []
        }
    }

    private func take(_ outcome: LineEditor.Outcome, _ editor: LineEditor, _ prompt: SafeText) async -> LineInput? {
        switch outcome {
        case .submitted(let text):
            // What came in one piece with Return was not drawn yet.
            draw(editor, prompt)
            device.write(region.leave())
            return .line(text)
        case .endOfInput:
            device.write(region.leave())
            return .end
        case .interrupted:
            device.write(region.leave())
            return .interrupted
        case .clearScreen: device.write(region.clear() + .clearScreen)
        case .suspended:
            device.write(region.leave())
            await device.suspend()
        case .candidates(let names):
            let line = SafeText(names.prefix(60).joined(separator: "  "), .dim)
            device.write(
                region.clear() + TerminalOutput(line.wrapped(to: max(2, device.size.columns - 1)), palette: palette))
        case .changed, .escaped, .ignored: break
        }
        return nil
    }

    private func draw(_ editor: LineEditor, _ prompt: SafeText) {
        let size = device.size
        let view = EditorView(
            editor, prompt: prompt, continuation: SafeText("... ", .dim), columns: size.columns)
        device.write(region.draw(view.rows, row: view.row, column: view.column, size: size, palette: palette))
    }

    // MARK: Showing

    func show(_ lines: [SafeText]) async {
        guard !lines.isEmpty else { return }
        // What was not final is among the lines, or comes again.
        setPending { _ in [] }
        device.write(region.clear() + TerminalOutput(lines, palette: palette))
        if isWatching { drawLive() }
    }

    func page(_ lines: [SafeText]) async {
        // The pages are counted in rows of the terminal.
        let width = max(1, device.size.columns - 1)
        let lines = lines.flatMap { $0.width <= width ? [$0] : $0.cut(to: width) }
        guard lines.count >= device.size.rows else { return await show(lines) }
        var pager = Pager(lines, rows: device.size.rows)
        device.write(region.clear() + TerminalOutput(pager.nextPage(), palette: palette))
        while !pager.isAtEnd {
            let size = device.size
            device.write(region.draw([pager.mark.shortened(to: size.columns - 1)], size: size, palette: palette))
            let event = await device.next(within: decoder.isPending ? Self.escapeDelay : nil)
            if event == .end { break }
            let keys = keys(of: event)
            for (index, key) in keys.enumerated() {
                if pager.isAtEnd {
                    ahead += keys[index...]
                    break
                }
                switch pager.handle(key) {
                case .lines(let lines): device.write(region.clear() + TerminalOutput(lines, palette: palette))
                case .ignored where key == .control("z"):
                    device.write(region.clear())
                    await device.suspend()
                case .done, .ignored: break
                }
            }
        }
        device.write(region.clear())
    }

    func live(_ pending: @escaping @Sendable (_ width: Int) -> [SafeText], _ label: String) async {
        setPending(pending)
        self.label = label
        // As often as an eye can follow, and for no more than a fifth of the time: a paragraph may be very long.
        if ContinuousClock.now - drawn > max(.milliseconds(40), drawing * 4) { drawLive() }
    }

    private func setPending(_ pending: @escaping @Sendable (_ width: Int) -> [SafeText]) {
        self.pending = pending
        rendered = nil
    }

    private func pendingLines(_ width: Int) -> [SafeText] {
        if let rendered, rendered.width == width { return rendered.lines }
        let lines = pending(width)
        rendered = (width, lines)
        return lines
    }

    private func drawLive() {
        let begin = ContinuousClock.now
        defer {
            drawn = .now
            drawing = drawn - begin
        }
        let size = device.size
        if answering != nil {
            let view = EditorView(answer, prompt: SafeText(ask, .bold), columns: size.columns)
            device.write(region.draw(view.rows, row: view.row, column: view.column, size: size, palette: palette))
            return
        }
        let line = ProgressLine.text(
            isCancelled ? "cancelling" : label, elapsed: ContinuousClock.now - begun, tick: ticks,
            hint: isCancelled ? "Ctrl-C leaves" : "Esc cancels", width: size.columns)
        device.write(
            region.draw(
                Array(pendingLines(size.columns).suffix(max(0, size.rows - 3))) + [line], size: size, palette: palette))
    }

    func clear() async { device.write(region.clear() + .clearScreen) }

    func close() async {
        device.write(region.clear())
        device.close()
    }

    // MARK: What can be cancelled

    func during<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let task = Task { try await work() }
        (begun, ticks, label, isCancelled) = (.now, 0, "waiting", false)
        setPending { _ in [] }
        cancel = { task.cancel() }
        isWatching = true
        let watching = Task { await watch() }
        let result = await task.result
        isWatching = false
        cancel = nil
        await watching.value
        device.write(region.clear())
        if case .failure = result, isCancelled { throw CancellationError() }
        return try result.get()
    }

    private func watch() async {
        while isWatching {
            let event = await device.next(within: decoder.isPending ? Self.escapeDelay : Self.tickDelay)
            guard isWatching else { return }
            // It was typed before the question was shown: no answer to it.
            if case .bytes = event, device.isInputStale { continue }
            if event == .end {
                decide(false)
                cancel?()
                isCancelled = true
                try? await Task.sleep(for: .milliseconds(Self.tickDelay))
            }
            for key in keys(of: event) { await press(key) }
            ticks += 1
            drawLive()
        }
    }

    private func press(_ key: Key) async {
        if key == .control("z") {
            device.write(region.clear())
            return await device.suspend()
        }
        if answering != nil, key != .escape, key != .control("c") { return answer(key) }
        guard key == .escape || key == .control("c") else {
            if ahead.count < Self.mostAhead { ahead.append(key) }
            return
        }
        ahead = []
        let wasAsked = answering != nil
        decide(false)
        // Esc on a question says no to it; Ctrl-C ends the turn as well.
        if wasAsked, key == .escape { return }
        if isCancelled {
            device.write(region.clear())
            device.close()
            exit(130)
        }
        isCancelled = true
        cancel?()
    }

    private func answer(_ key: Key) {
        switch answer.handle(key) {
        case .submitted(let text): decide(TerminalQuestion.isYes(text))
        case .endOfInput: decide(false)
        default: break
        }
    }

    // MARK: Writes

    func confirm(_ question: WriteQuestion) async throws -> Bool {
        device.write(region.clear() + TerminalOutput([""] + question.lines + [""], palette: palette))
        // What was typed before the question was shown is no answer to it.
        device.discardInput()
        ahead = []
        decoder = KeyDecoder()
        answer = LineEditor()
        ask = question.ask
        let isYes = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled || !isWatching {
                    continuation.resume(returning: false)
                } else {
                    answering = continuation
                    drawLive()
                }
            }
        } onCancel: {
            Task { await self.decide(false) }
        }
        try Task.checkCancellation()
        return isYes
    }

    private func decide(_ isYes: Bool) {
        guard let asked = answering else { return }
        drawLive()
        device.write(region.leave())
        answering = nil
        asked.resume(returning: isYes)
    }
}
