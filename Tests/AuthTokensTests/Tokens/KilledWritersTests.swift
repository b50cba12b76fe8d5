import AuthTokens
import Foundation
import Testing

@Suite("Writers that are killed")
struct KilledWritersTests {
    /// What the writers say they began and finished.
    private struct Journal {
        var created: Set<String> = []
        var begunNotes: Set<String> = []
        var begunRevoking: Set<String> = []
        var revoked: Set<String> = []
        var used: [String: Int64] = [:]
        var done = 0
        var failures: [String] = []

        mutating func read(_ text: String) {
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ").map(String.init)
                switch (words.first, words.dropFirst().first) {
                case ("begin", "create"): begunNotes.insert(words[2])
                case ("begin", "revoke"): begunRevoking.insert(words[2])
                case ("begin", _), ("busy", _): break
                case ("done", let what):
                    done += 1
                    if what == "create" { created.insert(words[2]) }
                    if what == "revoke" { revoked.insert(words[2]) }
                    if what == "use", let moment = Int64(words[3]) { used[words[2]] = max(used[words[2]] ?? 0, moment) }
                default: failures.append(String(line))
                }
            }
        }
    }

    private static let writer: URL = {
        let path = CommandLine.arguments.first { $0.contains(".xctest") } ?? CommandLine.arguments[0]
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let bundle = parts.firstIndex { $0.hasSuffix(".xctest") } ?? parts.count - 1
        return URL(fileURLWithPath: parts[..<bundle].joined(separator: "/")).appendingPathComponent("token-writer")
    }()

    private static func start(_ files: AccountFiles, _ output: URL) throws -> Process {
        let process = Process()
        process.executableURL = writer
        process.arguments = [files.tokens, files.state ?? "", "1000"]
        try Data().write(to: output)
        process.standardOutput = try FileHandle(forWritingTo: output)
        try process.run()
        return process
    }

    @Test("Four processes write 400 times on 200 tokens and are killed: nothing is lost, resurrected or half written")
    func killed() async throws {
        try await withAccountFiles { files in
            let file = TokenFile(path: files.tokens)
            let initial = try file.importTokens(
                digests: (0..<200).map { Digest.sha256("initial \($0)".utf8) }, TokenRequest()
            ).map(\.id)
            let folder = try #require(files.state)
            var journal = Journal()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<4 {
                    group.addTask {
                        var total = 0
                        var round = 0
                        while total < 100 {
                            let output = URL(fileURLWithPath: "\(folder)/../journal-\(number)-\(round)")
                            let process = try Self.start(files, output)
                            let wanted = Int.random(in: 1...12)
                            // Until it has done some work, then a moment more, so that it is killed anywhere in the next.
                            var done = 0
                            while done < wanted, process.isRunning {
                                try await Task.sleep(for: .milliseconds(5))
                                let text = try String(contentsOf: output, encoding: .utf8)
                                done = text.split(separator: "\n").count { $0.hasPrefix("done") }
                            }
                            try await Task.sleep(for: .microseconds(Int.random(in: 0...60_000)))
                            kill(process.processIdentifier, SIGKILL)
                            while process.isRunning { try await Task.sleep(for: .milliseconds(5)) }
                            total += try String(contentsOf: output, encoding: .utf8).split(separator: "\n")
                                .count { $0.hasPrefix("done") }
                            round += 1
                            guard round < 1000 else { throw Stuck() }
                            // Whoever reads meanwhile sees a whole file.
                            _ = try file.load()
                        }
                    }
                }
                try await group.waitForAll()
            }
            for name in try FileManager.default.contentsOfDirectory(atPath: folder + "/..")
            where name.hasPrefix("journal-") {
                journal.read(try text(of: "\(folder)/../\(name)"))
            }
            #expect(journal.failures == [])
            #expect(journal.done >= 400)
            let records = try file.load()
            let byID = Dictionary(uniqueKeysWithValues: records.map { ($0.id, $0) })
            #expect(initial.allSatisfy { byID[$0] != nil }, "a token was lost")
            #expect(journal.created.allSatisfy { byID[$0] != nil }, "a token was lost that was made")
            #expect(journal.revoked.allSatisfy { byID[$0]?.revoked != nil }, "a revoked token was resurrected")
            let made = records.filter { !initial.contains($0.id) }
            #expect(made.allSatisfy { journal.begunNotes.contains($0.note) }, "a token that nobody made")
            let revoked = records.filter { $0.revoked != nil }.map(\.id)
            #expect(revoked.allSatisfy(journal.begunRevoking.contains), "a token was revoked by nobody")
            let uses = try TokenStore(files: files).lastUses
            for (id, moment) in journal.used { #expect(uses[id]?.seconds ?? 0 >= moment) }
            // The next writer clears away what the killed ones left.
            _ = try file.create(TokenRequest())
            let left = try FileManager.default.contentsOfDirectory(atPath: folder + "/..")
            #expect(left.filter { $0.hasPrefix("tokens.yaml") && $0.hasSuffix(".tmp") } == [])
        }
    }

    private struct Stuck: Error {}
}
