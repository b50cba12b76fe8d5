import Testing

@testable import PGConnector

@Suite("The pool's state machine")
struct PoolStateMachineTests {
    typealias Action = PoolStateMachine.Action

    /// A machine and a clock that moves when told.
    struct Bench {
        var machine: PoolStateMachine
        var now = ContinuousClock.Instant.now

        init(_ limits: PGPoolConfiguration, random: Double = 0.5) {
            machine = PoolStateMachine(limits: limits) { random }
        }

        mutating func acquire(_ waiter: Int) -> [Action] { machine.acquire(waiter, now: now) }
        mutating func opened(_ id: Int) -> [Action] { machine.opened(id, now: now) }
        mutating func failed(_ id: Int, keepsWaiters: Bool = false) -> [Action] {
            machine.openFailed(id, "down", keepsWaiters: keepsWaiters, now: now)
        }
        mutating func released(_ id: Int, isClean: Bool = true) -> [Action] {
            machine.released(id, isClean: isClean, now: now)
        }
        mutating func closed(_ id: Int) -> [Action] { machine.closed(id, now: now) }
        mutating func wait(_ duration: Duration) -> [Action] {
            now += duration
            return machine.tick(now: now)
        }
        var status: PGPoolStatus { machine.status(now: now) }
    }

    @Test("The first caller opens a connection and gets it; the next gets it when it comes back")
    func basic() {
        var bench = Bench(PGPoolConfiguration(max: 1))
        expect(bench.acquire(1), [.open(1)])
        expect(bench.acquire(2), [])
        expect(bench.opened(1), [.lease(1, to: 1)])
        #expect(bench.status.inUse == 1)
        expect(bench.released(1), [.lease(1, to: 2)])
        expect(bench.released(1), [])
        expect(bench.acquire(3), [.lease(1, to: 3)])
    }

    @Test("Idle connections are taken last in, first out")
    func lastInFirstOut() {
        var bench = Bench(PGPoolConfiguration(max: 3))
        for id in 1...3 { expect(bench.acquire(id), [.open(id)]) }
        for id in 1...3 { expect(bench.opened(id), [.lease(id, to: id)]) }
        for id in [2, 1, 3] { expect(bench.released(id), []) }
        expect(bench.acquire(4), [.lease(3, to: 4)])
        expect(bench.acquire(5), [.lease(1, to: 5)])
        expect(bench.acquire(6), [.lease(2, to: 6)])
    }

    @Test("Callers are served first in, first out, also when another takes its turn while they wait")
    func firstInFirstOut() {
        var bench = Bench(PGPoolConfiguration(max: 1))
        _ = bench.acquire(1)
        _ = bench.opened(1)
        for waiter in 2...4 { expect(bench.acquire(waiter), []) }
        expect(bench.machine.cancel(3, now: bench.now), [])
        expect(bench.released(1), [.lease(1, to: 2)])
        expect(bench.released(1), [.lease(1, to: 4)])
    }

    @Test("A caller's deadline turns it away, and its place is given on")
    func deadlines() {
        var bench = Bench(PGPoolConfiguration(max: 1, acquireTimeout: .seconds(10)))
        _ = bench.acquire(1)
        _ = bench.opened(1)
        _ = bench.acquire(2)
        #expect(bench.machine.nextDeadline == bench.now + .seconds(10))
        expect(bench.wait(.seconds(6)), [])
        _ = bench.acquire(3)
        expect(bench.wait(.seconds(4)), [.fail(2, .timeout)])
        expect(bench.released(1), [.lease(1, to: 3)])
    }

    @Test("Too many callers are turned away at once")
    func tooManyWaiters() {
        var bench = Bench(PGPoolConfiguration(max: 1, maximumWaiters: 1))
        _ = bench.acquire(1)
        expect(bench.acquire(2), [.fail(2, .tooManyWaiters)])
    }

    @Test("A dirty connection is closed, and one is opened for who waits")
    func dirty() {
        var bench = Bench(PGPoolConfiguration(max: 1))
        _ = bench.acquire(1)
        _ = bench.opened(1)
        _ = bench.acquire(2)
        expect(bench.released(1, isClean: false), [.close(1)])
        expect(bench.closed(1), [.open(2)])
        expect(bench.opened(2), [.lease(2, to: 2)])
    }

    @Test("A connection found dead is replaced without an error, and its caller stays first")
    func dead() {
        var bench = Bench(PGPoolConfiguration(max: 1))
        _ = bench.acquire(1)
        _ = bench.opened(1)
        _ = bench.released(1)
        expect(bench.acquire(2), [.lease(1, to: 2)])
        expect(bench.machine.leaseRefused(1, to: 2, now: bench.now), [.close(1)])
        _ = bench.acquire(3)
        expect(bench.closed(1), [.open(2)])
        expect(bench.opened(2), [.lease(2, to: 2)])
    }

    @Test("Whose connection was found dead at the shutdown is told so")
    func deadAtShutdown() {
        var bench = Bench(PGPoolConfiguration(max: 1))
        _ = bench.acquire(1)
        _ = bench.opened(1)
        _ = bench.released(1)
        expect(bench.acquire(2), [.lease(1, to: 2)])
        _ = bench.machine.shutdown(now: bench.now)
        expect(bench.machine.leaseRefused(1, to: 2, now: bench.now), [.close(1), .fail(2, .shutdown)])
    }

    @Test("Idle connections are closed after a while, down to the minimum")
    func idle() {
        var bench = Bench(PGPoolConfiguration(max: 3, min: 1, idleTimeout: .seconds(60)))
        for id in 1...3 { _ = bench.acquire(id) }
        for id in 1...3 { _ = bench.opened(id) }
        for id in 1...3 { _ = bench.released(id) }
        expect(bench.wait(.seconds(59)), [])
        expect(bench.wait(.seconds(1)), [.close(1), .close(2)])
        expect(bench.closed(1), [])
        expect(bench.closed(2), [])
        #expect(bench.status.idle == 1)
    }

    @Test("The minimum is opened when time passes and kept open")
    func minimum() {
        var bench = Bench(PGPoolConfiguration(max: 3, min: 2))
        expect(bench.wait(.zero), [.open(1), .open(2)])
        expect(bench.wait(.zero), [])
    }

    @Test(
        "Connections live for their lifetime give or take the jitter", arguments: [(0.0, 90), (0.5, 100), (1.0, 110)])
    func lifetime(random: Double, seconds: Int) {
        var bench = Bench(PGPoolConfiguration(idleTimeout: .seconds(1000), lifetime: .seconds(100)), random: random)
        _ = bench.acquire(1)
        _ = bench.opened(1)
        _ = bench.released(1)
        expect(bench.wait(.seconds(seconds - 1)), [])
        expect(bench.wait(.seconds(2)), [.close(1)])
    }

    @Test("A connection past its lifetime is closed when it comes back")
    func lifetimeInUse() {
        var bench = Bench(PGPoolConfiguration(lifetime: .seconds(100), lifetimeJitter: 0))
        _ = bench.acquire(1)
        _ = bench.opened(1)
        bench.now += .seconds(100)
        expect(bench.released(1), [.close(1)])
    }

    @Test("The circuit opens after failures in a row, lets one probe pass in time, and closes when it succeeds")
    func breaker() {
        var bench = Bench(
            PGPoolConfiguration(
                breakerThreshold: 2, breakerBackoff: .seconds(1), breakerMaximumBackoff: .seconds(4)))
        expect(bench.acquire(1), [.open(1)])
        expect(bench.failed(1), [.fail(1, .connectFailed("down"))])
        expect(bench.acquire(2), [.open(2)])
        expect(bench.failed(2), [.fail(2, .connectFailed("down"))])
        #expect(bench.status.circuitOpen)
        expect(bench.acquire(3), [.fail(3, .circuitOpen("down"))])
        bench.now += .seconds(1)
        // The jitter is in the middle of its range, so that the time is exact.
        expect(bench.acquire(4), [.open(3)])
        expect(bench.acquire(5), [])
        expect(bench.failed(3), [.fail(4, .connectFailed("down")), .fail(5, .connectFailed("down"))])
        bench.now += .seconds(1)
        expect(bench.acquire(6), [.fail(6, .circuitOpen("down"))])
        bench.now += .seconds(1)
        expect(bench.acquire(7), [.open(4)])
        expect(bench.acquire(8), [])
        expect(bench.opened(4), [.lease(4, to: 7), .open(5)])
        #expect(!bench.status.circuitOpen)
        #expect(bench.status.lastConnectError == nil)
    }

    @Test("Callers go on waiting while the server is coming up, and it is tried again by itself")
    func startingUp() {
        var bench = Bench(PGPoolConfiguration(breakerBackoff: .milliseconds(250)))
        _ = bench.acquire(1)
        expect(bench.failed(1, keepsWaiters: true), [])
        #expect(bench.machine.nextDeadline == bench.now + .milliseconds(250))
        expect(bench.wait(.milliseconds(250)), [.open(2)])
        expect(bench.opened(2), [.lease(2, to: 1)])
    }

    @Test("Shutdown turns callers away, closes what is idle, and is over when the last comes back")
    func shutdown() {
        var bench = Bench(PGPoolConfiguration(max: 2))
        _ = bench.acquire(1)
        _ = bench.opened(1)
        _ = bench.acquire(2)
        _ = bench.opened(2)
        _ = bench.released(2)
        expect(bench.machine.shutdown(now: bench.now), [.close(2)])
        expect(bench.closed(2), [])
        expect(bench.acquire(3), [.fail(3, .shutdown)])
        expect(bench.released(1), [.close(1)])
        expect(bench.closed(1), [.drained])
    }
}
