import AgentModels
import MCPProtocol
import Synchronization
import Testing

@testable import AgentCore

@Suite("What is read of a conversation for a turn")
struct HistoryTests {
    /// A store that notes what is read of it.
    private final class WatchedStore: ConversationStore {
        private let store = ConversationStores.memory()
        let reads = Mutex<[(selection: MessageSelection, messages: [StoredMessage])]>([])

        func messages(of id: String, owner: String, _ selection: MessageSelection) async throws -> [StoredMessage] {
            let found = try await store.messages(of: id, owner: owner, selection)
            reads.withLock { $0.append((selection, found)) }
            return found
        }

        func messages(of id: String, owner: String) async throws -> [StoredMessage] {
            Issue.record("everything was read")
            return []
        }
        func begin(
            owner: String, title: String, database: String?, with messages: [StoredMessage]
        ) async throws -> Conversation {
            try await store.begin(owner: owner, title: title, database: database, with: messages)
        }
        func create(owner: String, title: String, database: String?) async throws -> Conversation {
            try await store.create(owner: owner, title: title, database: database)
        }
        func list(owner: String, search: String?, limit: Int, before: String?) async throws -> [Conversation] { [] }
        func conversation(_ id: String, owner: String) async throws -> Conversation? { nil }
        func append(_ messages: [StoredMessage], to id: String, owner: String) async throws {}
        func truncate(_ id: String, owner: String, from index: Int) async throws {}
        func rename(_ id: String, owner: String, title: String) async throws {}
        func setDatabase(_ id: String, owner: String, _ database: String?) async throws {}
        func delete(_ id: String, owner: String) async throws -> Bool { false }
    }

    /// Turns of four messages, each with a result of some bytes.
    private func messages(turns: Int, resultBytes: Int) -> [StoredMessage] {
        (0..<turns).flatMap { turn -> [StoredMessage] in
            let text = "answer \(turn)\n" + String(repeating: "x", count: resultBytes)
            return [
                Spoken.person("question \(turn)"), Spoken.calls("\(turn)"), Spoken.results("\(turn)", text: text),
                Spoken.model("answer \(turn)"),
            ].map {
                StoredMessage(message: $0, details: ["\(turn)": StoredResult(elapsedMs: 1, result: .string(text))])
            }
        }
    }

    private func history(
        _ stored: [StoredMessage], most: Int
    ) async throws -> (messages: [ModelMessage], reads: [(selection: MessageSelection, messages: [StoredMessage])]) {
        let store = WatchedStore()
        let made = try await store.begin(owner: "ada", title: "t", database: nil, with: stored)
        let read = try await History.read(
            of: made.id, owner: "ada", in: store, count: stored.count, most: most)
        return (read, store.reads.withLock { $0 })
    }

    @Test("A short conversation is read as it is, but for what is only there to be shown")
    func short() async throws {
        let stored = messages(turns: 30, resultBytes: 100)
        let (read, reads) = try await history(stored, most: 100_000)
        #expect(read == stored.map(\.message))
        #expect(reads.allSatisfy { $0.messages.allSatisfy(\.details.isEmpty) })
        let (nothing, _) = try await history([], most: 100_000)
        #expect(nothing.isEmpty)
    }

    @Test("However long a conversation is, the same is read and held", arguments: [300, 1200])
    func long(turns: Int) async throws {
        let most = 20_000
        let (read, reads) = try await history(messages(turns: turns, resultBytes: 5000), most: most)
        let bytesRead = reads.reduce(0) { $0 + $1.messages.reduce(0) { $0 + $1.message.byteCount } }
        #expect(bytesRead < most * 16, "\(bytesRead)")
        #expect(reads.allSatisfy { $0.messages.count <= History.stride })
        #expect(read.reduce(0) { $0 + $1.byteCount } < most * 3)
        #expect(read.first?.isQuestion == true && read.first?.words.contains(History.note) == true)
        #expect(read.last?.words == "answer \(turns - 1)")
        #expect(read.flatMap(\.results).allSatisfy { $0.text.utf8.count < 400 })
        let asked = Transcript.paired(read + [Spoken.person("And now?")])
        #expect(Spoken.isPaired(asked))
    }

    @Test("What is read begins at the same message for many turns")
    func stable() async throws {
        let all = messages(turns: 330, resultBytes: 5000)
        var beginnings: Set<String> = []
        for turns in 312..<328 {
            let (read, _) = try await history(Array(all.prefix(turns * 4)), most: 20_000)
            beginnings.insert(read.first?.words ?? "")
        }
        #expect(beginnings.count <= 2)
    }
}
