/// Reads a `text/event-stream` from pieces that may end anywhere, in linear time and bounded memory.
///
/// Follows the parsing rules of WHATWG HTML, but also gives events out that have an id or a delay and no text: MCP starts
/// streams with such an event, so that a client knows from where to go on.
package struct ServerSentEventParser: Sendable {
    /// An event is larger than allowed.
    package struct TooLarge: Error, Hashable {
        package let limit: Int
    }

    private let maximumEventBytes: Int
    private var line: [UInt8] = []
    private var event = ServerSentEvent()
    private var hasFields = false
    private var isFirstLine = true
    private var skipsLineFeed = false

    /// - Parameter maximumEventBytes: the largest event, in bytes of its text and of any one line.
    package init(maximumEventBytes: Int) {
        self.maximumEventBytes = maximumEventBytes
    }

    /// Reads on. An event that is not complete at the end of the stream is none.
    ///
    /// - Parameters:
    ///   - bytes: the next piece.
    ///   - emit: is called with each complete event.
    package mutating func feed(
        _ bytes: some Sequence<UInt8>, _ emit: (ServerSentEvent) -> Void
    ) throws(TooLarge) {
        // The loop is not generic, so that it is fast for callers in other modules.
        let result = bytes.withContiguousStorageIfAvailable { buffer in
            Result { () throws(TooLarge) in try feed(buffer: buffer, emit) }
        }
        if let result { return try result.get() }
        let copied = Array(bytes).withUnsafeBufferPointer { buffer in
            Result { () throws(TooLarge) in try feed(buffer: buffer, emit) }
        }
        return try copied.get()
    }

    private mutating func feed(
        buffer bytes: UnsafeBufferPointer<UInt8>, _ emit: (ServerSentEvent) -> Void
    ) throws(TooLarge) {
        for byte in bytes {
            if skipsLineFeed {
                skipsLineFeed = false
                if byte == UInt8(ascii: "\n") { continue }
            }
            switch byte {
            case UInt8(ascii: "\r"):
                skipsLineFeed = true
                try endLine(emit)
            case UInt8(ascii: "\n"): try endLine(emit)
            default:
                guard line.count + (event.data?.count ?? 0) < maximumEventBytes else {
                    throw TooLarge(limit: maximumEventBytes)
                }
                line.append(byte)
            }
        }
    }

    private mutating func endLine(_ emit: (ServerSentEvent) -> Void) throws(TooLarge) {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        }
        guard !line.isEmpty else {
            if hasFields { emit(event) }
            event = ServerSentEvent()
            hasFields = false
            return
        }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[min(colon + 1, line.endIndex)...]
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        // A line that starts with a colon is a comment; unknown fields mean nothing.
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "data":
            if event.data == nil {
                event.data = Array(value)
            } else {
                event.data?.append(UInt8(ascii: "\n"))
                event.data?.append(contentsOf: value)
            }
            hasFields = true
        case "event":
            event.name = String(decoding: value, as: UTF8.self)
            hasFields = true
        case "id" where !value.contains(0):
            event.id = String(decoding: value, as: UTF8.self)
            hasFields = true
        case "retry" where !value.isEmpty && value.count < 10 && value.allSatisfy({ $0 &- 0x30 < 10 }):
            event.retry = Int(String(decoding: value, as: UTF8.self))
            hasFields = true
        default: break
        }
    }
}
