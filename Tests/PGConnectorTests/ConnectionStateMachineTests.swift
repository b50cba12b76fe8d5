import Testing

@testable import PGConnector

@Suite("The connection's state machine")
struct ConnectionStateMachineTests {
    @Test("Results belong to the steps in order, and the last sync ends the call")
    func order() {
        var machine = ConnectionStateMachine()
        expect(machine.start([.statement, .sync, .statement, .sync]), true)
        #expect(machine.startsWithStatement)
        expect(machine.received(.rows), .deliver(step: 0))
        expect(machine.received(.rowsComplete), .deliver(step: 0))
        expect(machine.received(.terminator), .advance(setRowMode: false))
        expect(machine.received(.synced), .synced(step: 1, isLast: false, setRowMode: true))
        expect(machine.received(.commandComplete), .deliver(step: 2))
        expect(machine.received(.terminator), .advance(setRowMode: false))
        #expect(machine.isBusy)
        expect(machine.received(.synced), .synced(step: 3, isLast: true, setRowMode: false))
        #expect(machine.isSettled)
        expect(machine.start([.sync]), true)
    }

    @Test("A call cannot begin while another runs, without a sync at its end, or on a closed connection")
    func refusals() {
        var machine = ConnectionStateMachine()
        expect(machine.start([.statement]), false)
        expect(machine.start([]), false)
        expect(machine.start([.sync]), true)
        expect(machine.start([.sync]), false)
        machine.close()
        expect(machine.start([.sync]), false)
        #expect(machine.isSettled)
    }

    @Test(
        "An answer that does not fit is a violation",
        arguments: [
            ConnectionStateMachine.Outcome.synced, .copy,
        ])
    func violations(outcome: ConnectionStateMachine.Outcome) {
        var machine = ConnectionStateMachine()
        expect(machine.received(outcome), .violation)
        expect(machine.start([.statement, .sync]), true)
        expect(machine.received(outcome), .violation)
    }

    @Test("The next call waits until every cancel request has returned and the results are drained")
    func cancelSettles() {
        var machine = ConnectionStateMachine()
        expect(machine.start([.statement, .sync]), true)
        let generation = machine.generation
        expect(machine.requestCancel(), .send)
        expect(machine.requestCancel(), .none)
        expect(machine.cancelTimer(generation: generation, isLast: false), .send)
        expect(machine.received(.failed), .deliver(step: 0))
        expect(machine.received(.terminator), .advance(setRowMode: false))
        expect(machine.received(.synced), .synced(step: 1, isLast: true, setRowMode: false))
        #expect(!machine.isSettled)
        expect(machine.start([.sync]), false)
        machine.cancelReturned()
        #expect(!machine.isSettled)
        machine.cancelReturned()
        #expect(machine.isSettled)
        expect(machine.cancelTimer(generation: generation, isLast: true), .none)
        expect(machine.start([.sync]), true)
    }

    @Test("A cancellation that the server does not confirm closes the connection")
    func givesUp() {
        var machine = ConnectionStateMachine()
        expect(machine.requestCancel(), .none)
        expect(machine.start([.statement, .sync]), true)
        expect(machine.requestCancel(), .send)
        machine.cancelReturned()
        expect(machine.cancelTimer(generation: machine.generation, isLast: true), .close)
    }

    @Test("A timer of an earlier cancellation does nothing")
    func lateTimer() {
        var machine = ConnectionStateMachine()
        expect(machine.start([.sync]), true)
        let generation = machine.generation
        expect(machine.requestCancel(), .send)
        machine.cancelReturned()
        _ = machine.received(.synced)
        expect(machine.start([.statement, .sync]), true)
        expect(machine.requestCancel(), .send)
        expect(machine.cancelTimer(generation: generation, isLast: true), .none)
    }
}
