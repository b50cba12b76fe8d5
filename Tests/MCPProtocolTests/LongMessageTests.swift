import Synchronization
import TestSupport
import Testing

@testable import MCPProtocol

@Suite("Long messages and short ways")
struct LongMessageTests {
    static let values: [JSONValue] = [
        .string(""), .string("a\"b\\\n\u{1}é"), .string(String(repeating: "x", count: 200_000)),
        .string(String(repeating: "\t\"", count: 100_000)), .string(String(repeating: "é\n", count: 70_000)),
        .array((0..<60_000).map { .integer($0) }),
        [
            "a": .string(String(repeating: "b", count: 65_535)),
            "c": [.null, .string(String(repeating: "d", count: 65_537))],
        ],
    ]

    @Test("In pieces a value is the same text, and no piece is large", arguments: values.indices)
    func pieces(number: Int) {
        let value = Self.values[number]
        var text: [UInt8] = []
        var largest = 0
        value.serialize(inPieces: { piece in
            text += piece
            largest = max(largest, piece.count)
        })
        #expect(text == value.serialized())
        #expect(largest <= 2 * JSONWriter.pieceBytes)
    }

    @Test("The length of a value is that of its texts")
    func length() {
        #expect(!JSONValue.string(String(repeating: "x", count: 100)).isLonger(than: 100))
        #expect(JSONValue.string(String(repeating: "x", count: 101)).isLonger(than: 100))
        #expect(JSONValue.array((0..<20).map { .integer($0) }).isLonger(than: 100))
        #expect(!JSONValue.object(["a": 1, "b": [2, 3]]).isLonger(than: 100))
    }

    @Test("A long message comes whole through a pipe, between two short ones")
    func pipe() async throws {
        let (read, write) = try Descriptor.pipe()
        let writing = try StdioTransport(input: read.number, output: write.number)
        let reading = try StdioTransport(input: read.number, output: write.number, maximumMessageBytes: 8 << 20)
        let long: JSONValue = ["text": .string(String(repeating: "long \t", count: 300_000))]
        let (frames, found) = AsyncStream<[UInt8]>.makeStream()
        let receiving = Task {
            try await reading.run { frame in if case .message(let bytes) = frame { found.yield(bytes) } }
        }
        async let sent: Void = {
            try await writing.send(["first": 1])
            try await writing.send(long)
            try await writing.send(["last": 3])
        }()
        var iterator = frames.makeAsyncIterator()
        let lines = [await iterator.next(), await iterator.next(), await iterator.next()]
        #expect(lines[0] == Array(#"{"first":1}"#.utf8))
        // Not as an expectation of two large arrays, which would print them.
        let isWhole = lines[1] == long.serialized()
        #expect(isWhole)
        #expect(lines[2] == Array(#"{"last":3}"#.utf8))
        try await sent
        reading.close()
        writing.close()
        _ = try? await receiving.value
    }

    /// Hands over messages on one thread, and keeps what is sent.
    private final class KeepingTransport: Transport {
        let messages: [String]
        let sent = Mutex<[JSONValue]>([])
        /// How many answers there were when a message had been handed over.
        let answered = Mutex<[Int]>([])

        init(_ messages: [String]) { self.messages = messages }

        func run(_ receive: @escaping @Sendable (InboundFrame) -> Void) async throws {
            for message in messages {
                receive(.message(Array(message.utf8)))
                answered.withLock { $0.append(sent.withLock { $0.count }) }
            }
        }

        func send(_ message: [UInt8]) async throws { try post(message) }

        func post(_ message: [UInt8]) throws {
            let value = try JSONValue.parse(message)
            sent.withLock { $0.append(value) }
        }

        func close() {}
    }

    private static func ask(_ id: Int) -> String {
        """
        {"jsonrpc":"2.0","id":\(id),"method":"tools/list","params":{"_meta":{\
        "io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}
        """
    }

    @Test("A request that has nothing to wait for is answered by the thread that read it, where that is wanted")
    func onReader() async throws {
        var options = ServerOptions()
        options.beginsOnReader = true
        let transport = KeepingTransport([Self.ask(1), Self.ask(2)])
        try await MCPServer(service: ShopService(), options: options).serve(transport)
        #expect(transport.answered.withLock { $0 } == [1, 2])
        #expect(transport.sent.withLock { $0.map { $0["id"] } } == [1, 2])
    }
}
