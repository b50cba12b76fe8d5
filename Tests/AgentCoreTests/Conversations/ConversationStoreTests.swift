import AgentModels
import AuthTokens
import Foundation
import MCPProtocol
import TestSupport
import Testing

@testable import AgentCore

@Suite("A store of conversations")
struct ConversationStoreTests {
    @Test("gives back every kind of message exactly", arguments: StoreKind.allCases)
    func roundTrip(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let made = try await store.create(owner: "ada", title: "Bücher", database: "shop")
            try await store.append(Array(everyKindOfMessage.prefix(1)), to: made.id, owner: "ada")
            try await store.append(Array(everyKindOfMessage.dropFirst()), to: made.id, owner: "ada")
            let found = try await store.messages(of: made.id, owner: "ada")
            #expect(found.map(\.index) == [0, 1, 2, 3])
            #expect(found.map(\.message) == everyKindOfMessage.map(\.message))
            #expect(found.map(\.usage) == everyKindOfMessage.map(\.usage))
            #expect(found.map(\.details) == everyKindOfMessage.map(\.details))
            let listed = try #require(try await store.conversation(made.id, owner: "ada"))
            #expect(listed.messageCount == 4 && listed.title == "Bücher" && listed.database == "shop")
        }
    }

    @Test("reads the newest messages that were asked for, and no more than fit", arguments: StoreKind.allCases)
    func selection(_ kind: StoreKind) async throws {
        let selections: [(MessageSelection, [Int])] = [
            (MessageSelection(limit: 3), [7, 8, 9]), (MessageSelection(before: 7, limit: 3), [4, 5, 6]),
            (MessageSelection(before: 2, limit: 9), [0, 1]), (MessageSelection(before: 0, limit: 9), []),
            (MessageSelection(limit: 9, bytes: 2500), [8, 9]), (MessageSelection(limit: 9, bytes: 1), [9]),
            (MessageSelection(limit: .max, bytes: .max), Array(0..<10)),
        ]
        try await kind.withStore { store in
            let made = try await store.create(owner: "ada", title: "t", database: nil)
            let detail = ["a": StoredResult(elapsedMs: 1, result: .string(String(repeating: "y", count: 9000)))]
            try await store.append(
                (0..<10).map { _ in .said(String(repeating: "x", count: 1000)) }, to: made.id, owner: "ada")
            for (selection, expected) in selections {
                let found = try await store.messages(of: made.id, owner: "ada", selection)
                #expect(found.map(\.index) == expected, "\(selection)")
            }
            var shown = StoredMessage.said("z")
            shown.details = detail
            try await store.append([shown, shown], to: made.id, owner: "ada")
            var selection = MessageSelection(limit: 9, bytes: 4000)
            #expect(try await store.messages(of: made.id, owner: "ada", selection).map(\.details) == [detail])
            // What is only there to be shown weighs nothing where it is not read.
            selection.includesDetails = false
            let found = try await store.messages(of: made.id, owner: "ada", selection)
            #expect(found.map(\.index) == Array(7..<12))
            let withDetails = found.filter { !$0.details.isEmpty }
            #expect(withDetails.isEmpty)
            await #expect(throws: ConversationFailure.notFound) {
                _ = try await store.messages(of: made.id, owner: "bob", selection)
            }
        }
    }

    @Test("begins a conversation with its question, or not at all", arguments: StoreKind.allCases)
    func begin(_ kind: StoreKind) async throws {
        var limits = ConversationLimits()
        limits.messageBytes = 2000
        limits.messages = 2
        try await kind.withStore(limits: limits) { store in
            let made = try await store.begin(owner: "ada", title: "t", database: "shop", with: [.said("How many?")])
            #expect(try await store.conversation(made.id, owner: "ada") == made && made.messageCount == 1)
            #expect(try await store.messages(of: made.id, owner: "ada").map(\.index) == [0])
            for messages in [
                [StoredMessage.said(String(repeating: "x", count: 3000))], Array(repeating: .said("x"), count: 3),
            ] {
                await #expect(throws: ConversationFailure.self) {
                    _ = try await store.begin(owner: "ada", title: "u", database: nil, with: messages)
                }
            }
            #expect(try await store.list(owner: "ada", search: nil, limit: 9, before: nil).map(\.id) == [made.id])
        }
    }

    @Test("does not know another owner's conversation", arguments: StoreKind.allCases)
    func owners(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let made = try await store.create(owner: "ada", title: "Hers", database: nil)
            try await store.append([.said("private words")], to: made.id, owner: "ada")
            #expect(try await store.conversation(made.id, owner: "bob") == nil)
            #expect(try await store.list(owner: "bob", search: nil, limit: 10, before: nil).isEmpty)
            #expect(try await store.list(owner: "bob", search: "private", limit: 10, before: nil).isEmpty)
            #expect(try await store.delete(made.id, owner: "bob") == false)
            let denied: [@Sendable () async throws -> Void] = [
                { _ = try await store.messages(of: made.id, owner: "bob") },
                { try await store.append([.said("x")], to: made.id, owner: "bob") },
                { try await store.truncate(made.id, owner: "bob", from: 0) },
                { try await store.rename(made.id, owner: "bob", title: "His") },
                { try await store.setDatabase(made.id, owner: "bob", "other") },
                { _ = try await store.list(owner: "bob", search: nil, limit: 1, before: made.id) },
            ]
            for attempt in denied {
                await #expect(throws: ConversationFailure.notFound) { try await attempt() }
            }
            #expect(try await store.messages(of: made.id, owner: "ada").count == 1)
            #expect(try await store.conversation(made.id, owner: "ada")?.title == "Hers")
        }
    }

    @Test("lists page by page, the last changed first", arguments: StoreKind.allCases)
    func paging(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            var ids: [String] = []
            for number in 0..<5 {
                ids.append(try await store.create(owner: "ada", title: "number \(number)", database: nil).id)
            }
            try await store.append([.said("again")], to: ids[1], owner: "ada")
            let expected = [ids[1], ids[4], ids[3], ids[2], ids[0]]
            var found: [String] = []
            while let page = Optional(
                try await store.list(owner: "ada", search: nil, limit: 2, before: found.last)), !page.isEmpty
            {
                #expect(page.count <= 2)
                found += page.map(\.id)
            }
            #expect(found == expected)
        }
    }

    @Test("renames without another place in the list", arguments: StoreKind.allCases)
    func rename(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let first = try await store.create(owner: "ada", title: "first", database: nil)
            let second = try await store.create(owner: "ada", title: "second", database: nil)
            try await store.rename(first.id, owner: "ada", title: "  a\nnew\u{202E}  name ")
            try await store.setDatabase(first.id, owner: "ada", "shop")
            let list = try await store.list(owner: "ada", search: nil, limit: 10, before: nil)
            #expect(list.map(\.id) == [second.id, first.id])
            #expect(list.last?.title == "a new name" && list.last?.database == "shop")
            #expect(try await store.list(owner: "ada", search: "NEW NAME", limit: 9, before: nil).count == 1)
        }
    }

    static let searches: [(String, [String])] = [
        ("bücher", ["one"]), ("BÜCHER", ["one"]), ("100%", ["two"]), ("%", ["two"]), ("a_b", ["three"]),
        ("back\\slash", ["four"]), ("' OR 1=1 --", []), ("one", ["one"]), ("nothing of this", []), ("\u{0}", []),
    ]

    @Test("finds what titles and messages say, letter for letter", arguments: StoreKind.allCases, searches)
    func search(_ kind: StoreKind, _ search: (text: String, titles: [String])) async throws {
        try await kind.withStore { store in
            for (title, text) in [
                ("one", "Alle Bücher"), ("two", "100% sure"), ("three", "a_b"), ("four", "back\\slash"),
                ("five", "axb 1000"),
            ] {
                let made = try await store.create(owner: "ada", title: title, database: nil)
                try await store.append([.said(text)], to: made.id, owner: "ada")
            }
            // What tools answered is not searched: rows are not what anybody said.
            let rows = try await store.create(owner: "ada", title: "rows", database: nil)
            try await store.append(
                [
                    StoredMessage(
                        message: ModelMessage(
                            role: .user,
                            parts: [.toolResult(ModelToolResult(callID: "1", name: "q", text: "Bücher 100%"))]))
                ], to: rows.id, owner: "ada")
            let found = try await store.list(owner: "ada", search: search.text, limit: 10, before: nil)
            // A search for nothing but NUL is one for nothing, which every text holds.
            if search.text == "\u{0}" { return }
            #expect(found.map(\.title) == search.titles)
        }
    }

    @Test("takes messages away from an index on, and goes on there", arguments: StoreKind.allCases)
    func truncate(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let made = try await store.create(owner: "ada", title: "t", database: nil)
            try await store.append((0..<4).map { .said("m\($0)") }, to: made.id, owner: "ada")
            try await store.truncate(made.id, owner: "ada", from: 9)
            #expect(try await store.messages(of: made.id, owner: "ada").count == 4)
            try await store.truncate(made.id, owner: "ada", from: 2)
            try await store.append([.said("other")], to: made.id, owner: "ada")
            let found = try await store.messages(of: made.id, owner: "ada")
            #expect(found.map(\.index) == [0, 1, 2])
            #expect(found.last?.message == StoredMessage.said("other").message)
        }
    }

    @Test("deletes for good", arguments: StoreKind.allCases)
    func delete(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let made = try await store.create(owner: "ada", title: "t", database: nil)
            try await store.append([.said("m")], to: made.id, owner: "ada")
            #expect(try await store.delete(made.id, owner: "ada"))
            #expect(try await store.delete(made.id, owner: "ada") == false)
            #expect(try await store.conversation(made.id, owner: "ada") == nil)
            await #expect(throws: ConversationFailure.notFound) {
                try await store.append([.said("m")], to: made.id, owner: "ada")
            }
        }
    }

    @Test("is bounded, and a refusal changes nothing", arguments: StoreKind.allCases)
    func bounds(_ kind: StoreKind) async throws {
        var limits = ConversationLimits()
        limits.messages = 3
        limits.conversations = 2
        limits.messageBytes = 2000
        limits.conversationBytes = 5000
        try await kind.withStore(limits: limits) { store in
            func code(_ body: () async throws -> Void) async -> ConversationFailure.Code? {
                do {
                    try await body()
                    return nil
                } catch { return (error as? ConversationFailure)?.code }
            }
            let made = try await store.create(owner: "ada", title: "1", database: nil)
            let other = try await store.create(owner: "ada", title: "2", database: nil)
            #expect(await code { _ = try await store.create(owner: "ada", title: "3", database: nil) } == .tooMany)
            #expect(await code { _ = try await store.create(owner: "bob", title: "3", database: nil) } == nil)
            let large = StoredMessage.said(String(repeating: "x", count: 2000))
            #expect(await code { try await store.append([large], to: made.id, owner: "ada") } == .messageTooLarge)
            #expect(
                await code {
                    try await store.append((0..<4).map { .said("\($0)") }, to: made.id, owner: "ada")
                } == .conversationFull)
            #expect(try await store.messages(of: made.id, owner: "ada").isEmpty)
            let middling = StoredMessage.said(String(repeating: "x", count: 1000))
            try await store.append([middling, middling], to: other.id, owner: "ada")
            #expect(await code { try await store.append([middling], to: other.id, owner: "ada") } == .conversationFull)
            try await store.truncate(other.id, owner: "ada", from: 1)
            #expect(await code { try await store.append([middling], to: other.id, owner: "ada") } == nil)
        }
    }

    @Test(
        "takes no question beyond so many bytes of one owner, and keeps what a turn that runs still says",
        arguments: StoreKind.allCases)
    func ownerBytes(_ kind: StoreKind) async throws {
        var limits = ConversationLimits()
        limits.ownerBytes = 3 << 20
        let large = String(repeating: "x", count: 1 << 20)
        try await kind.withStore(limits: limits) { store in
            func begin(_ owner: String) async throws -> String {
                try await store.begin(owner: owner, title: "t", database: nil, with: [.said(large)]).id
            }
            let ids = [try await begin("ada"), try await begin("ada"), try await begin("ada")]
            let refusals: [@Sendable () async throws -> Void] = [
                { try await store.append([.said("And?")], to: ids[0], owner: "ada") },
                { _ = try await store.begin(owner: "ada", title: "t", database: nil, with: [.said("And?")]) },
                { _ = try await store.create(owner: "ada", title: "t", database: nil) },
            ]
            for refusal in refusals {
                let failure = await #expect(throws: ConversationFailure.self) { try await refusal() }
                #expect(failure?.code == .tooMany && failure?.description.contains("(3 MiB): delete some") == true)
            }
            let result = StoredMessage(
                message: ModelMessage(
                    role: .user, parts: [.toolResult(ModelToolResult(callID: "a", name: "q", text: large))]))
            try await store.append([.said(large, by: .assistant), result], to: ids[0], owner: "ada")
            // Another owner has room of its own.
            _ = try await begin("bob")
            for id in ids.prefix(2) { #expect(try await store.delete(id, owner: "ada")) }
            try await store.append([.said("And?")], to: ids[2], owner: "ada")
        }
    }

    @Test("counts the questions that two replicas are asked at once, whatever isolation is the default")
    func ownerBytesOfReplicas() async throws {
        let fixture = try PostgresFixture.shared()
        let name = try fixture.createDatabase("replicas")
        try fixture.psql("ALTER DATABASE \"\(name)\" SET default_transaction_isolation = 'repeatable read'")
        var limits = ConversationLimits()
        limits.ownerBytes = 3 << 20
        let stores = [0, 1].map { [limits] _ in
            PostgresConversations(configuration: fixture.configuration(database: name), limits: limits)
        }
        let large = StoredMessage.said(String(repeating: "x", count: 1 << 20))
        let begun = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<12 {
                group.addTask {
                    do {
                        _ = try await stores[number % 2].begin(owner: "ada", title: "t", database: nil, with: [large])
                        return true
                    } catch { return false }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(begun == 3)
        for store in stores { await store.shutdown() }
    }

    @Test("leaves out rows rather than the message that they belong to", arguments: StoreKind.allCases)
    func largeResult(_ kind: StoreKind) async throws {
        var limits = ConversationLimits()
        limits.messageBytes = 3000
        try await kind.withStore(limits: limits) { store in
            let made = try await store.create(owner: "ada", title: "1", database: nil)
            let message = StoredMessage(
                message: ModelMessage(
                    role: .user, parts: [.toolResult(ModelToolResult(callID: "a", name: "q", text: "1"))]),
                details: [
                    "a": StoredResult(elapsedMs: 3, result: .string(String(repeating: "x", count: 4000))),
                    "b": StoredResult(elapsedMs: 4, result: .string("kept")),
                ])
            try await store.append([message], to: made.id, owner: "ada")
            let found = try #require(try await store.messages(of: made.id, owner: "ada").first)
            #expect(found.message == message.message)
            #expect(
                found.details == [
                    "a": StoredResult(elapsedMs: 3), "b": StoredResult(elapsedMs: 4, result: .string("kept")),
                ])
        }
    }

    @Test("numbers what is added at once without a gap", arguments: StoreKind.allCases)
    func concurrent(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let made = try await store.create(owner: "ada", title: "1", database: nil)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<12 {
                    group.addTask {
                        try await store.append(
                            [.said("\(number)"), .said("and \(number)", by: .assistant)], to: made.id, owner: "ada")
                    }
                }
                try await group.waitForAll()
            }
            let found = try await store.messages(of: made.id, owner: "ada")
            #expect(found.map(\.index) == Array(0..<24))
            // Each pair stays together.
            for pair in stride(from: 0, to: 24, by: 2) {
                #expect(found[pair].message.role == .user && found[pair + 1].message.role == .assistant)
            }
        }
    }
}
