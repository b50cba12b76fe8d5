import AgentCore
import AuthTokens
import MCPHTTP
import Synchronization

/// How much the turns of the chat may take.
struct ChatTurnLimits: Sendable {
    /// The most turns of one principal that run at a time.
    var runningPerPrincipal = 4
    /// The most turns that run at a time.
    var running = 64
    /// How many ended turns are kept for those who come back, of one principal and of all.
    var keptPerPrincipal = 16
    var kept = 128
    /// From so many bytes of unread events on the turn waits for its reader; without a reader the oldest go.
    var bufferBytes = 1 << 20
    /// So many bytes of events that were sent are kept for a reader that comes back.
    var retainedBytes = 2 << 20
    /// How long a turn goes on without a reader.
    var unread: Duration = .seconds(60)
    /// How long an ended turn is kept.
    var lifetime: Duration = .seconds(600)
}

/// The turns of this process: those that run, and for a while those that have ended.
final class ChatTurns: Sendable {
    /// Why a turn is not begun.
    enum Refusal: Error {
        case tooManyOfCaller(Int)
        case tooMany(Int)
        case ending
        /// The same request was sent before, and its turn has not begun yet.
        case beginning
        /// The same request was sent before, and the first events of its turn are not kept any more.
        case gone
        /// Another request was sent with the same key.
        case otherRequest
    }

    /// What tells a request that is sent again from another one: the key that its client chose, and a digest of what it asks.
    struct RequestKey: Sendable, Hashable {
        var text: String
        var digest: Int
    }

    private struct State {
        var running: [ObjectIdentifier: RunningTurn] = [:]
        /// In the order in which they began.
        var begun: [String] = []
        var turns: [String: RunningTurn] = [:]
        var approvals: [String: RunningTurn] = [:]
        var isEnding = false
    }

    let limits: ChatTurnLimits
    private let state = Mutex(State())

    init(limits: ChatTurnLimits = ChatTurnLimits()) { self.limits = limits }

    /// How many turns run.
    var runningCount: Int { state.withLock { $0.running.count } }
    /// How many turns are known, with those that have ended.
    var count: Int { state.withLock { $0.turns.count } }

    /// Begins a turn, with a reader attached from the start; or gives a reader that of the same request, from its first event on.
    ///
    /// - Parameters:
    ///   - caller: Who asks.
    ///   - key: The request's key; nil: it is like no other.
    ///   - asker: What the asker is to a question about a write; nil: a person who is there.
    ///   - holds: Whether the caller would still be let in; the turn ends when not.
    ///   - converse: Has the chat answer.
    /// - Returns: The turn, and what names its reader.
    /// - Throws: ``Refusal``; why the chat did not begin.
    func start(
        for caller: Principal, key: RequestKey? = nil, asker: Approver? = nil,
        holds: @escaping @Sendable () -> Bool = { true }, _ converse: @escaping RunningTurn.Conversing
    ) async throws -> (turn: RunningTurn, generation: Int) {
        let turn = RunningTurn(caller: caller, key: key, asker: asker, limits: limits, holds: holds)
        var earlier: RunningTurn?
        let refusal = state.withLock { state -> Refusal? in
            if state.isEnding { return .ending }
            forgetOld(&state)
            if let key {
                let isSame = { (other: RunningTurn) in other.key?.text == key.text && other.caller.id == caller.id }
                earlier = state.running.values.first(where: isSame) ?? state.turns.values.first(where: isSame)
                if earlier != nil { return nil }
            }
            if state.running.values.count(where: { $0.caller.id == caller.id }) >= limits.runningPerPrincipal {
                return .tooManyOfCaller(limits.runningPerPrincipal)
            }
            if state.running.count >= limits.running { return .tooMany(limits.running) }
            state.running[ObjectIdentifier(turn)] = turn
            return nil
        }
        if let refusal { throw refusal }
        if let earlier {
            guard earlier.key == key else { throw Refusal.otherRequest }
            guard earlier.id != nil else { throw Refusal.beginning }
            guard let generation = earlier.stream.attach(after: 0) else { throw Refusal.gone }
            return (earlier, generation)
        }
        guard let generation = turn.stream.attach() else { throw Refusal.ending }
        turn.start(
            converse,
            onBegin: { [self] id in
                state.withLock { state in
                    state.turns[id] = turn
                    state.begun.append(id)
                }
            },
            onQuestion: { [self] id in state.withLock { $0.approvals[id] = turn } },
            onEnd: { [self] in
                state.withLock { state in
                    state.running[ObjectIdentifier(turn)] = nil
                    forgetOld(&state)
                }
            })
        do {
            _ = try await turn.begun()
        } catch {
            // Who waited for it has gone: the turn must not wait for a reader who will never read. One that was refused is over
            // before the client is told.
            turn.stream.detach(generation)
            if !(error is CancellationError) {
                state.withLock { $0.running[ObjectIdentifier(turn)] = nil }
            }
            throw error
        }
        return (turn, generation)
    }

    /// A turn of a principal; nil when there is none, or it is somebody else's.
    func turn(_ id: String, of principal: Principal) -> RunningTurn? {
        state.withLock { state in
            forgetOld(&state)
            guard let turn = state.turns[id], turn.caller.id == principal.id else { return nil }
            return turn
        }
    }

    /// The turn that runs in a conversation; nil when none does here.
    func running(in conversation: String) -> RunningTurn? {
        let running = state.withLock { Array($0.running.values) }
        return running.first { $0.conversation == conversation }
    }

    /// The turn that asked for an approval; nil when no turn of this process did.
    func turn(asking approval: String) -> RunningTurn? { state.withLock { $0.approvals[approval] } }

    /// Stops every turn, for the end of the server: no other begins.
    func end() {
        let running = state.withLock { state in
            state.isEnding = true
            return Array(state.running.values)
        }
        for turn in running { turn.stop() }
    }

    /// Forgets turns that ended long ago, time and again, until the task is cancelled; then stops those that run.
    func run() async {
        while (try? await Task.sleep(for: .seconds(30))) != nil { state.withLock { forgetOld(&$0) } }
        end()
    }

    /// Forgets turns that ended long ago, and the oldest of too many.
    private func forgetOld(_ state: inout State) {
        let now = ContinuousClock.now
        var left: [String: Int] = [:]
        var all = 0
        var kept: [String] = []
        // The newest first.
        for id in state.begun.reversed() {
            guard let turn = state.turns[id] else { continue }
            if let ended = turn.ended {
                let mine = left[turn.caller.id, default: 0]
                guard ended.duration(to: now) < limits.lifetime, mine < limits.keptPerPrincipal, all < limits.kept
                else {
                    state.turns[id] = nil
                    continue
                }
                left[turn.caller.id] = mine + 1
                all += 1
            }
            kept.append(id)
        }
        guard kept.count < state.begun.count else { return }
        state.begun = kept.reversed()
        state.approvals = state.approvals.filter { _, turn in turn.id.map { state.turns[$0] === turn } ?? true }
    }
}
