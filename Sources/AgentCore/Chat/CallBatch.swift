internal import AgentModels
internal import MCPProtocol

/// The calls of one answer, run: those that only read at once, what may write alone and in its place.
struct CallBatch {
    let calls: [ModelToolCall]
    let runner: ToolRunner
    let audience: ChatAudience
    private var found: [ToolRunner.Outcome?]
    /// Those that the audience was told of.
    private var told: Set<Int> = []
    /// What ended the batch early: the audience has gone.
    private(set) var failure: (any Error)?

    init(calls: [ModelToolCall], runner: ToolRunner, audience: ChatAudience) {
        self.calls = calls
        self.runner = runner
        self.audience = audience
        found = Array(repeating: nil, count: calls.count)
    }

    /// What each call came to. What was not begun was not run.
    var outcomes: [ToolRunner.Outcome] {
        zip(calls, found).map { $1 ?? runner.failure($0, "Not run: the turn was stopped.") }
    }

    /// Runs the calls. Never throws, so that what happened until the end can be stored.
    mutating func run(_ loop: inout ChatLoop) async {
        var reads: [Bool] = []
        for call in calls {
            // One call alone needs no company.
            let isRead = if calls.count > 1 { await runner.isRead(call) } else { false }
            reads.append(isRead)
        }
        do {
            for group in CallPlan.groups(reads: reads) {
                try Task.checkCancellation()
                if group.count > 1 { try await runTogether(group, loop) }
                // What was put off, and what may write.
                for index in group where found[index] == nil { try await runAlone(index, &loop) }
            }
        } catch {
            failure = error
        }
    }

    private mutating func runAlone(_ index: Int, _ loop: inout ChatLoop) async throws {
        let call = calls[index]
        try Task.checkCancellation()
        try await tell(of: index)
        let sql = call.name == ChatTools.query ? runner.tools.sql(of: call) : nil
        let outcome: ToolRunner.Outcome
        if let refusal = loop.refusal(of: call, at: index, sql: sql) {
            outcome = ToolRunner.Outcome(result: refusal)
        } else if let ended = try await runner.run(call, asking: loop.mayAsk ? .allowed : .over) {
            outcome = ended
        } else {
            outcome = runner.failure(call, "Not run: nobody could be asked.")
        }
        if outcome.isDeclined, let sql { loop.noteDecline(of: sql) }
        found[index] = outcome
        try await tell(outcome)
    }

    private mutating func runTogether(_ group: Range<Int>, _ loop: ChatLoop) async throws {
        var waiting: [Int] = []
        for index in group {
            try await tell(of: index)
            if let refusal = loop.refusal(of: self.calls[index], at: index, sql: nil) {
                found[index] = ToolRunner.Outcome(result: refusal)
                try await tell(ToolRunner.Outcome(result: refusal))
            } else {
                waiting.append(index)
            }
        }
        let (calls, runner) = (calls, runner)
        let width = runner.width(of: waiting.map { calls[$0] })
        try await withThrowingTaskGroup(of: (Int, ToolRunner.Outcome?).self) { tasks in
            for index in waiting.prefix(width) {
                tasks.addTask { (index, try await runner.run(calls[index], asking: .later)) }
            }
            var rest = waiting.dropFirst(width).makeIterator()
            while let (index, outcome) = try await tasks.next() {
                if let outcome {
                    found[index] = outcome
                    try await tell(outcome)
                }
                if let index = rest.next() {
                    tasks.addTask { (index, try await runner.run(calls[index], asking: .later)) }
                }
            }
        }
    }

    private mutating func tell(of index: Int) async throws {
        guard told.insert(index).inserted else { return }
        let call = calls[index]
        try await audience.tell(
            .toolCall(
                id: call.id, name: call.name, arguments: call.arguments, sql: runner.tools.sql(of: call),
                database: runner.tools.database(of: call)))
    }

    private func tell(_ outcome: ToolRunner.Outcome) async throws {
        try await audience.tell(
            .result(
                call: outcome.result.callID, isError: outcome.result.isError, text: outcome.result.text,
                elapsedMs: outcome.elapsed.milliseconds, result: outcome.rows))
    }
}
