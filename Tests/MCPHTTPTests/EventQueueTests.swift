@testable import MCPHTTP
import MCPProtocol
import TestSupport
import Testing

/// A queue behind a reference: expectations take no mutating calls.
private final class HeldQueue {
    private var queue: EventQueue

    init(limit: Int, retained: Int) { queue = EventQueue(limit: limit, retained: retained) }

    var hasRoom: Bool { queue.hasRoom }
    var isDrained: Bool { queue.isDrained }
    var storedBytes: Int { queue.storedBytes }
    var unsentBytes: Int { queue.unsentBytes }
    var unsentCount: Int { queue.unsentCount }
    func append(_ bytes: [UInt8]) { queue.append(bytes) }
    func finish(_ bytes: [UInt8]?) { queue.finish(bytes) }
    func attach(after last: Int?) -> Int? { queue.attach(after: last) }
    func detach(_ reader: Int) -> Bool { queue.detach(reader) }
    /// The numbers of what is taken.
    func take(_ maximumBytes: Int) -> [Int] { queue.take(maximumBytes: maximumBytes).map(\.number) }
}

@Suite("The messages of a stream")
struct EventQueueTests {
    private func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    @Test("Without a way back nothing is kept, and a slow reader leaves no room")
    func plain() {
        let queue = HeldQueue(limit: 100, retained: 0)
        _ = queue.attach(after: nil)
        queue.append(bytes(60))
        #expect(queue.hasRoom)
        queue.append(bytes(60))
        #expect(!queue.hasRoom)
        #expect(queue.take(60) == [1])
        #expect(queue.hasRoom)
        #expect(queue.take(1) == [2])
        #expect(queue.take(1).isEmpty)
        #expect(queue.storedBytes == 0)
        queue.finish(bytes(500))
        #expect(queue.take(1) == [3])
        #expect(queue.isDrained)
        #expect(queue.storedBytes == 0)
    }

    @Test("A client that comes back gets what it did not see, and only that")
    func replay() {
        let queue = HeldQueue(limit: 1000, retained: 1000)
        let first = queue.attach(after: nil)
        for _ in 0..<5 { queue.append(bytes(10)) }
        #expect(queue.take(30) == [1, 2, 3])
        #expect(queue.attach(after: 1) != first)
        #expect(queue.take(1000) == [2, 3, 4, 5])
        #expect(queue.attach(after: 0) != nil)
        #expect(queue.take(1000).count == 5)
        #expect(queue.attach(after: 5) != nil)
        #expect(queue.take(1000).isEmpty)
        #expect(queue.attach(after: 6) == nil)
        #expect(queue.attach(after: 99) == nil)
    }

    @Test("What was sent is kept within its bound, and what is gone cannot be asked for")
    func bounds() {
        let queue = HeldQueue(limit: 1000, retained: 25)
        _ = queue.attach(after: nil)
        for _ in 0..<10 {
            queue.append(bytes(10))
            _ = queue.take(1000)
        }
        #expect(queue.storedBytes <= 30)
        #expect(queue.attach(after: 2) == nil)
        #expect(queue.attach(after: 8) != nil)
        #expect(queue.take(1000) == [9, 10])
    }

    @Test("While nobody reads the oldest go, and the answer stays")
    func detached() throws {
        let queue = HeldQueue(limit: 50, retained: 50)
        let reader = try #require(queue.attach(after: nil))
        #expect(queue.detach(reader))
        #expect(!queue.detach(reader))
        for _ in 0..<100 {
            #expect(queue.hasRoom)
            queue.append(bytes(10))
        }
        #expect(queue.storedBytes <= 60)
        queue.finish(bytes(500))
        #expect(queue.storedBytes == 500)
        #expect(queue.attach(after: nil) != nil)
        #expect(queue.take(1) == [101])
        #expect(queue.isDrained)
        // It can be asked for again: the connection may have broken on the way.
        #expect(queue.attach(after: 100) != nil)
        #expect(queue.take(1) == [101])
    }

    @Test("Any order of steps keeps the counts true and the numbers in order", arguments: 0..<100)
    func model(seed: UInt64) {
        var random = SeededNumbers(seed)
        let queue = HeldQueue(limit: 200, retained: Int.random(in: 0...100, using: &random))
        var sent: [Int] = []
        var appended = 0
        var reader = queue.attach(after: nil)
        for _ in 0..<200 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5 where queue.hasRoom:
                queue.append(bytes(Int.random(in: 0...60, using: &random)))
                appended += 1
            case 5..<8:
                let taken = queue.take(Int.random(in: 1...100, using: &random))
                if let last = sent.last, let first = taken.first { #expect(first > last) }
                sent += taken
            case 8: if let reader { _ = queue.detach(reader) }
            default: reader = queue.attach(after: nil)
            }
            #expect(queue.unsentBytes >= 0 && queue.unsentBytes <= queue.storedBytes)
            #expect(queue.unsentBytes <= 200 + 60)
            #expect(queue.storedBytes <= 200 + 60 + 100 + 60)
            #expect(queue.unsentCount >= 0)
        }
        #expect(sent == sent.sorted() && Set(sent).count == sent.count)
        #expect((sent.last ?? 0) <= appended)
    }

    @Test("A handler waits for a reader that does not keep up, and stops waiting when it goes")
    func backPressure() async throws {
        let stream = ResponseStream(limit: 100, retained: 0, isResumable: false)
        let generation = try #require(stream.attach())
        let writer = Task {
            var written = 0
            while (try? await stream.send([UInt8](repeating: 0, count: 60))) != nil { written += 1 }
            return written
        }
        for _ in 0..<10 {
            guard case .events(let entries, _) = await stream.next(generation) else {
                Issue.record("the stream ended")
                return
            }
            #expect(entries.count <= 3)
        }
        stream.detach(generation)
        #expect(await writer.value >= 10)
        #expect(await stream.next(generation) == .ended)
    }

    @Test("A later reader ends the earlier one, and messages reach one of them once")
    func takeover() async throws {
        let stream = ResponseStream(limit: 100, retained: 100, isResumable: true)
        let first = try #require(stream.attach())
        let earlier = Task { await stream.next(first) }
        let second = try #require(stream.attach())
        #expect(await earlier.value == .ended)
        try await stream.send([1])
        #expect(await stream.next(second) == .events([.init(number: 1, bytes: [1])], isLast: false))
        stream.finish([2])
        #expect(await stream.next(second) == .events([.init(number: 2, bytes: [2])], isLast: true))
    }
}
