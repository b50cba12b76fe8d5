import Testing

@testable import agentctl

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

@Suite("Lines of standard input")
struct InputLinesTests {
    @Test("Lines come one by one, the last one also without an end")
    func lines() async throws {
        let (input, write) = try pipe()
        send("first\nsecond\n\nthe last", to: write)
        close(write)
        var seen: [String] = []
        while let line = try await input.next() { seen.append(line) }
        #expect(seen == ["first", "second", "", "the last"])
    }

    @Test("A cancelled wait takes no line")
    func cancellation() async throws {
        let (input, write) = try pipe()
        let waiting = Task { try await input.next() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        send("for the next one\n", to: write)
        let line = try await input.next()
        #expect(line == "for the next one")
        close(write)
    }

    @Test("What was kept is forgotten before a question")
    func discarding() async throws {
        let (input, write) = try pipe()
        send("a question\ny\n", to: write)
        _ = try await input.next()
        input.discard()
        send("n\n", to: write)
        let answer = try await input.next()
        #expect(answer == "n")
        close(write)
    }

    private func pipe() throws -> (InputLines, Int32) {
        var ends: [Int32] = [-1, -1]
        #if canImport(Glibc)
        try #require(Glibc.pipe(&ends) == 0)
        #elseif canImport(Musl)
        try #require(Musl.pipe(&ends) == 0)
        #else
        try #require(Darwin.pipe(&ends) == 0)
        #endif
        return (InputLines(descriptor: ends[0]), ends[1])
    }

    private func send(_ text: String, to descriptor: Int32) {
        #expect(StandardStreams.write(text, toDescriptor: descriptor))
    }
}
