import Foundation
import MCPProtocol
import TestSupport
import Testing

/// What is refused at the top is refused at any depth of any read, and nothing else is the reason.
///
/// `ATTACK_SEEDS` is how many reads are tried, `ATTACK_FIRST_SEED` where to begin.
@Suite("Nesting on a real server")
struct NestingTests {
    static let count = number("ATTACK_SEEDS") ?? 400
    static let first = number("ATTACK_FIRST_SEED") ?? 0
    private static let server = Task { try await ReadServer.start(user: nil) }

    @Test("A forbidden element is refused at any depth, and its harmless twin runs", arguments: 0..<8)
    func nesting(part: Int) async throws {
        let client = try await Self.server.value.client
        for seed in (Self.first..<Self.first + Self.count) where seed % 8 == part {
            let read = RandomRead(seed: UInt64(seed))
            let refused = try await client.callTool("query_database", ["query": .string(read.forbidden)])
            let problem = refused.isError ? Refusal.problem(in: refused.text, about: read.forbidden) : "it answered"
            if let problem { Issue.record("seed \(seed): \(problem): \(refused.text)\n\(read.forbidden)") }
            let answered = try await client.callTool("query_database", ["query": .string(read.harmless)])
            #expect(!answered.isError, "seed \(seed): \(answered.text)\n\(read.harmless)")
        }
    }

    private static func number(_ variable: String) -> Int? {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
    }
}
