import AuthTokens
import Dispatch
import Synchronization
import Testing

@testable import AgentCore

@Suite("Long texts are read aside")
struct LongTextsTests {
    private static let long = String(repeating: "(", count: LongTexts.longestInPlace + 1)
    private let a = CallerKey(principal: "a")
    private let b = CallerKey(principal: "b")

    /// Holds up whoever reads until it is opened; as the last thing of each test, or nobody could go on.
    private final class Gate: Sendable {
        private let lock = DispatchSemaphore(value: 0)
        private let passed = Mutex(0)
        var passes: Int { passed.withLock { $0 } }

        func pass() {
            lock.wait()
            lock.signal()
            passed.withLock { $0 += 1 }
        }
        func open() { lock.signal() }
    }

    private static func until(_ condition: () -> Bool) async throws {
        for _ in 0..<12_000 where !condition() { try await Task.sleep(for: .milliseconds(5)) }
        #expect(condition())
    }

    private static func isRefused(_ body: () async throws -> Void) async -> Bool {
        do {
            try await body()
            return false
        } catch let failure as QueryFailure {
            return failure.code == "too_many_at_once"
        } catch {
            return false
        }
    }

    @Test("A short text is read at once, whoever is being served")
    func short() async throws {
        let texts = LongTexts(most: 0)
        let short = String(repeating: "x", count: LongTexts.longestInPlace)
        #expect(try await texts.read(short, for: a) { 1 } == 1)
        #expect(await texts.readAlways(short) { 2 } == 2)
        #expect(await Self.isRefused { try await texts.read(Self.long, for: a) {} })
    }

    @Test("One caller has two at once; the next is refused, and somebody else's is not")
    func ofOneCaller() async throws {
        let (texts, gate) = (LongTexts(), Gate())
        async let first: Void = texts.read(Self.long, for: a) { gate.pass() }
        async let second: Void = texts.read(Self.long, for: a) { gate.pass() }
        try await Self.until { texts.count == 2 }
        #expect(await Self.isRefused { try await texts.read(Self.long, for: a) {} })
        async let other: Void = texts.read(Self.long, for: b) { gate.pass() }
        try await Self.until { texts.count == 3 }
        gate.open()
        _ = try await (first, second, other)
        #expect(gate.passes == 3)
        #expect(texts.count == 0 && texts.callers == 0)
        try await texts.read(Self.long, for: a) {}
    }

    @Test("All callers together have a bound, those too of whom nobody knows who they are")
    func ofAll() async throws {
        let (texts, gate) = (LongTexts(most: 2), Gate())
        async let first: Void = texts.read(Self.long, for: nil) { gate.pass() }
        async let second: Void = texts.read(Self.long, for: nil) { gate.pass() }
        try await Self.until { texts.count == 2 }
        #expect(await Self.isRefused { try await texts.read(Self.long, for: b) {} })
        gate.open()
        _ = try await (first, second)
        #expect(texts.count == 0)
    }

    @Test("A text is not read any more when its caller gave up while it waited")
    func givenUp() async throws {
        let (texts, gate) = (LongTexts(), Gate())
        async let first: Void = texts.read(Self.long, for: a) { gate.pass() }
        try await Self.until { texts.count == 1 }
        let waiting = Task { try await texts.read(Self.long, for: b) { gate.pass() } }
        try await Self.until { texts.count == 2 }
        waiting.cancel()
        gate.open()
        _ = try await first
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(gate.passes == 1)
        #expect(texts.count == 0)
    }
}
