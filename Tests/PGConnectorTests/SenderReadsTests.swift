import Synchronization
import TestSupport
import Testing

@testable import PGConnector

@Suite("Reading by the sender", .timeLimit(.minutes(2)))
struct SenderReadsTests {
    private final class Flag: Sendable {
        let isUp = Atomic(false)
    }

    @Test("A sender that is alone has a small answer before it asks for it")
    func alone() async throws {
        try await withClient { client in
            try await client.withConnection { connection in
                // Other tests use the loop too, so that it is not alone each time. A busy machine may answer late.
                try await expectEventually {
                    let exchange = try await connection.session.send([.statement("SELECT 1"), .sync], wait: 60_000)
                    let over = Flag()
                    exchange.whenOver { over.isUp.store(true, ordering: .relaxed) }
                    let wasOver = over.isUp.load(ordering: .relaxed)
                    try await exchange.finish()
                    return wasOver
                }
            }
        }
    }

    @Test("An answer that takes longer is read by the loop, whoever waits for it")
    func slow() async throws {
        try await withClient { client in
            for _ in 0..<20 {
                let result = try await client.execute("SELECT pg_sleep(0.003), generate_series(1, 3)")
                #expect(result.rows.count == 3)
            }
        }
    }

    @Test("An answer that nobody reads arrives all the same, and frees the connection")
    func unread() async throws {
        try await withClient(pool: PGPoolConfiguration(max: 1)) { client in
            for delay in ["0", "0.01"] {
                let results = try await client.withConnection { connection in
                    try await connection.pipeline([.statement("SELECT pg_sleep(\(delay))")])
                }
                #expect(try await client.execute("SELECT 2").rows[0].string(0) == "2")
                _ = results
            }
        }
    }

    @Test("Many at once and one after the other give each its own answer")
    func mixed() async throws {
        try await withClient(pool: PGPoolConfiguration(max: 4)) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        for number in 0..<100 {
                            let wanted = task * 1000 + number
                            let result = try await client.execute(
                                "SELECT \(wanted)::text || repeat('x', \(number * 100))")
                            #expect(result.rows[0].string(0)?.hasPrefix("\(wanted)") == true)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("A note stays with its connection, and goes with it")
    func note() async throws {
        try await withClient(pool: PGPoolConfiguration(max: 1)) { client in
            try await client.withConnection { connection in
                #expect(connection.note == nil)
                connection.note = "kept"
            }
            try await client.withConnection { connection in
                #expect(connection.note == "kept")
                connection.retire()
            }
            try await client.withConnection { #expect($0.note == nil) }
        }
    }

    @Test("A parameter that changed is seen, and one that is as it was is not")
    func parameters() async throws {
        try await withClient { client in
            try await client.withConnection { connection in
                let before = connection.reportedParameters(["TimeZone", "application_name", "no such parameter"])
                #expect(connection.reportedParameters(["TimeZone", "application_name", "no such parameter"]) == before)
                try await connection.execute("SET application_name = '\(String(repeating: "long", count: 15))'")
                #expect(connection.reportedParameters(["TimeZone", "application_name", "no such parameter"]) != before)
                connection.retire()
            }
        }
    }
}
