import PGConnector
import TestSupport
import Testing

@Suite("Cancellation", .timeLimit(.minutes(2)))
struct CancellationTests {
    @Test("Cancelling the task cancels the statement on the server, and the connection is used again")
    func task() async throws {
        try await withClient(pool: PGPoolConfiguration(max: 1)) { client in
            let before = try await client.withConnection { $0.backendProcessID }
            let task = Task { try await client.execute("SELECT pg_sleep(3600) /* mark-task */") }
            try await expectEventually { try running("mark-task") == 1 }
            task.cancel()
            let error = await #expect(throws: PGError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            // The task ends only when the server has confirmed it.
            #expect(try running("mark-task") == 0)
            let after = try await client.withConnection { $0.backendProcessID }
            #expect(after == before)
        }
    }

    @Test("cancel() ends the statement with the server's error, and what follows the sync still runs")
    func explicit() async throws {
        try await withClient { client in
            try await client.withConnection { connection in
                let steps: [PGPipelineStep] = [
                    .statement("BEGIN"), .statement("SELECT pg_sleep(3600) /* mark-explicit */"), .sync,
                    .statement("ROLLBACK"), .sync,
                ]
                let results = try await connection.pipeline(steps)
                let reading = Task {
                    var events: [String] = []
                    for try await event in results {
                        switch event {
                        case .failed(_, let error): events.append(error.sqlState)
                        case .complete(_, let tag): events.append(tag)
                        default: break
                        }
                    }
                    return events
                }
                try await expectEventually { try running("mark-explicit") == 1 }
                await connection.cancel()
                let events = try await reading.value
                #expect(events == ["BEGIN", "57014", "ROLLBACK"])
                #expect(connection.transactionStatus == .idle)
            }
        }
    }

    @Test("A connection that has gone back cancels nothing of who has it next")
    func afterTheLoan() async throws {
        try await withClient(pool: PGPoolConfiguration(max: 1)) { client in
            let old = try await client.withConnection { $0 }
            let next = Task { try await client.execute("SELECT pg_sleep(5) /* mark-next */") }
            try await expectEventually { try running("mark-next") == 1 }
            await old.cancel()
            let result = try await next.value
            #expect(result.commandTag == "SELECT 1")
        }
    }

    @Test("Dropping a sequence cancels the statement")
    func drop() async throws {
        try await withClient { client in
            for try await _ in try await client.query(
                "SELECT repeat('x', 1000), generate_series(1, 100000000) /* mark-drop */")
            { break }
            try await expectEventually { try running("mark-drop") == 0 }
            try await expectEventually { client.poolStatus.inUse == 0 }
        }
    }

    @Test("A task that is cancelled while it waits for a connection leaves the queue")
    func waiting() async throws {
        try await withClient(pool: PGPoolConfiguration(max: 1)) { client in
            try await client.withConnection { _ in
                let task = Task { try await client.execute("SELECT 1") }
                try await expectEventually { client.poolStatus.waiting == 1 }
                task.cancel()
                let error = await #expect(throws: PGError.self) { try await task.value }
                #expect(error?.code == .cancelled)
                #expect(client.poolStatus.waiting == 0)
            }
        }
    }

    @Test("Random cancellation under load never hits another query and leaks no connection")
    func stress() async throws {
        try await withClient(pool: PGPoolConfiguration(max: 8, acquireTimeout: .seconds(60))) { client in
            let wrong = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        var wrong = 0
                        for round in 0..<40 {
                            let isCancelled = Int.random(in: 0..<4) == 0
                            let query = Task {
                                try await client.execute("SELECT \(round), pg_sleep(\(isCancelled ? "0.05" : "0"))")
                            }
                            if isCancelled {
                                try await Task.sleep(for: .microseconds(Int.random(in: 0..<60_000)))
                                query.cancel()
                            }
                            do {
                                if try await query.value.rows[0].string(0) != String(round) { wrong += 1 }
                            } catch let error as PGError {
                                if !(isCancelled && error.code == .cancelled) { wrong += 1 }
                            }
                        }
                        return wrong
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(wrong == 0)
            try await expectEventually { client.poolStatus.inUse == 0 }
            #expect(client.poolStatus.idle <= 8)
        }
    }
}
