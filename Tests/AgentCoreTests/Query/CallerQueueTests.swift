import TestSupport
import Testing

@testable import AgentCore

/// The queue behind a reference, so that expectations can change it.
private final class Line {
    private var queue: CallerQueue

    init(limit: Int, mostWaiting: Int = 256) { queue = CallerQueue(limit: limit, mostWaiting: mostWaiting) }

    var callers: Int { queue.callers }
    func enter(_ caller: CallerKey, _ ticket: Int) -> CallerQueue.Admission { queue.enter(caller, ticket) }
    func leave(_ caller: CallerKey) -> Int? { queue.leave(caller) }
    func giveUp(_ caller: CallerKey, _ ticket: Int) -> Bool { queue.giveUp(caller, ticket) }
}

@Suite("The line of one caller's calls")
struct CallerQueueTests {
    private let a = CallerKey(principal: "a")
    private let b = CallerKey(principal: "b")

    @Test("As many run as the limit says, and the others wait in their order")
    func order() {
        let queue = Line(limit: 2)
        #expect(queue.enter(a, 1) == .runs)
        #expect(queue.enter(a, 2) == .runs)
        #expect(queue.enter(a, 3) == .waits)
        #expect(queue.enter(a, 4) == .waits)
        #expect(queue.leave(a) == 3)
        #expect(queue.leave(a) == 4)
        #expect(queue.leave(a) == nil)
        #expect(queue.leave(a) == nil)
        #expect(queue.callers == 0)
    }

    @Test("One caller's line does not hold up another's")
    func apart() {
        let queue = Line(limit: 1)
        #expect(queue.enter(a, 1) == .runs)
        #expect(queue.enter(a, 2) == .waits)
        #expect(queue.enter(b, 3) == .runs)
        #expect(queue.leave(b) == nil)
        #expect(queue.leave(a) == 2)
    }

    @Test("Who gives up is passed over, and giving up after being let in changes nothing")
    func givingUp() {
        let queue = Line(limit: 1)
        #expect(queue.enter(a, 1) == .runs)
        #expect(queue.enter(a, 2) == .waits)
        #expect(queue.enter(a, 3) == .waits)
        #expect(queue.giveUp(a, 2))
        #expect(!queue.giveUp(a, 2))
        #expect(queue.leave(a) == 3)
        #expect(!queue.giveUp(a, 3))
        #expect(queue.leave(a) == nil)
        #expect(queue.callers == 0)
    }

    @Test("A line has an end")
    func bounded() {
        let queue = Line(limit: 1, mostWaiting: 2)
        #expect(queue.enter(a, 1) == .runs)
        #expect(queue.enter(a, 2) == .waits)
        #expect(queue.enter(a, 3) == .waits)
        #expect(queue.enter(a, 4) == .refused)
        #expect(queue.leave(a) == 2)
        #expect(queue.enter(a, 5) == .waits)
    }

    @Test("A token counts by itself, and a principal never counts as a token of its name")
    func keys() {
        #expect(CallerKey(principal: "a", token: "t") == CallerKey(principal: "b", token: "t"))
        #expect(CallerKey(principal: "t") != CallerKey(principal: "x", token: "t"))
    }

    @Test("Random comings and goings never run more than the limit, and lose nobody")
    func random() {
        var generator = SeededNumbers(7)
        let queue = Line(limit: 3, mostWaiting: 10)
        var running = 0
        var waiting: [Int] = []
        for ticket in 0..<20_000 {
            switch Int.random(in: 0..<3, using: &generator) {
            case 0:
                switch queue.enter(a, ticket) {
                case .runs: running += 1
                case .waits: waiting.append(ticket)
                case .refused: #expect(waiting.count == 10)
                }
            case 1 where running > 0:
                if let next = queue.leave(a) {
                    #expect(next == waiting.removeFirst())
                } else {
                    running -= 1
                    #expect(waiting.isEmpty)
                }
            case 2:
                if let ticket = waiting.randomElement(using: &generator) {
                    #expect(queue.giveUp(a, ticket))
                    waiting.removeAll { $0 == ticket }
                }
            default: break
            }
            #expect(running <= 3 && (waiting.isEmpty || running == 3))
        }
    }
}
