import MCPProtocol

/// An event or a line of a stream.
struct WireEvent: Sendable, Hashable {
    /// The name of a server-sent event.
    var name: String?
    /// The text.
    var data: [UInt8]
}

/// Turns the events of one wire format into an answer, without waiting for anything.
protocol AnswerReader: Sendable {
    /// Takes an event.
    ///
    /// - Returns: What of the answer is known by it.
    /// - Throws: ``ModelFailure``.
    mutating func take(_ event: WireEvent) throws -> [ModelEvent]

    /// Whether the final event came.
    var isComplete: Bool { get }

    /// The answer, when the stream has ended.
    ///
    /// - Throws: ``ModelFailure`` when its final event is missing.
    func finish() throws -> ModelAnswer
}

/// How a stream is cut into events.
enum StreamFormat: Sendable, Hashable {
    /// `text/event-stream`
    case events
    /// One JSON text a line.
    case lines

    /// What a request says that it accepts.
    var mediaType: String {
        switch self {
        case .events: "text/event-stream"
        case .lines: "application/x-ndjson"
        }
    }
}

/// Cuts a stream into events, however its pieces were cut.
struct StreamCutter: Sendable {
    private let context: WireContext
    private let format: StreamFormat
    private var events: ServerSentEventParser
    private var lines: LineSplitter

    init(_ format: StreamFormat, context: WireContext) {
        self.context = context
        self.format = format
        events = ServerSentEventParser(maximumEventBytes: context.limits.eventBytes)
        lines = LineSplitter(maximumBytes: context.limits.eventBytes)
    }

    /// Takes the next piece.
    ///
    /// - Throws: ``ModelFailure`` when an event is too large.
    mutating func feed(_ bytes: some Sequence<UInt8>) throws -> [WireEvent] {
        var found: [WireEvent] = []
        switch format {
        case .events:
            do {
                try events.feed(bytes) { event in
                    guard let data = event.data, !data.isEmpty else { return }
                    found.append(WireEvent(name: event.name, data: data))
                }
            } catch {
                throw context.tooLarge("a longer event")
            }
        case .lines:
            var isTooLarge = false
            func take(_ frame: InboundFrame) {
                switch frame {
                case .message(let line): found.append(WireEvent(data: line))
                default: isTooLarge = true
                }
            }
            let isDone: Void? = bytes.withContiguousStorageIfAvailable { lines.feed($0, take) }
            if isDone == nil { Array(bytes).withUnsafeBufferPointer { lines.feed($0, take) } }
            if isTooLarge { throw context.tooLarge("a longer line") }
        }
        return found
    }

    /// The stream ended. A last line counts without its end, an event does not.
    mutating func finish() throws -> [WireEvent] {
        guard format == .lines else { return [] }
        var found: [WireEvent] = []
        lines.finish { if case .message(let line) = $0 { found.append(WireEvent(data: line)) } }
        return found
    }
}

/// The parts of an answer while it comes, in the order in which they began.
struct AnswerParts: Sendable {
    private(set) var parts: [ModelPart] = []
    private(set) var calls = 0
    private let context: WireContext

    init(_ context: WireContext) { self.context = context }

    /// Adds a part.
    ///
    /// - Throws: ``ModelFailure`` when there are too many.
    mutating func append(_ part: ModelPart) throws {
        if case .toolCall = part {
            calls += 1
            guard calls <= context.limits.calls else { throw context.tooLarge("more calls of tools") }
        }
        guard parts.count < context.limits.blocks else { throw context.tooLarge("more parts of an answer") }
        parts.append(part)
    }

    /// Adds words to the text at the end.
    mutating func append(text: String) throws {
        guard case .text(var last)? = parts.last else { return try append(.text(text)) }
        // Taken out first, so that the words are added in place.
        parts.removeLast()
        last += text
        parts.append(.text(last))
    }

    /// Adds words to the thinking at the end, when nothing opaque closed it.
    mutating func append(thinking text: String) throws {
        guard case .thinking(var last)? = parts.last, last.opaque == nil else {
            return try append(.thinking(ModelThinking(text: text)))
        }
        parts.removeLast()
        last.text += text
        parts.append(.thinking(last))
    }

    /// The thinking gets what the service wants to see again with it.
    mutating func closeThinking(_ opaque: (ModelThinking) -> JSONValue) {
        for (index, part) in parts.enumerated() {
            guard case .thinking(var thinking) = part, thinking.opaque == nil else { continue }
            thinking.opaque = opaque(thinking)
            parts[index] = .thinking(thinking)
        }
    }

    /// The answer.
    func answer(_ stop: ModelStop, _ usage: ModelUsage) -> ModelAnswer {
        ModelAnswer(message: ModelMessage(role: .assistant, parts: parts), stop: stop, usage: usage)
    }
}
