import AgentModels
import AuthTokens
import Foundation
import MCPProtocol
import PGConnector
import TestSupport
import Testing

@testable import AgentCore

@Suite("The file of conversations")
struct ConversationFileTests {
    private func files(_ folder: String) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: URL(fileURLWithPath: folder), includingPropertiesForKeys: nil)
    }

    @Test("is its owner's alone, and is made on first use")
    func modes() async throws {
        try await withStateFolder { folder in
            let store = SQLiteConversations(directory: folder)
            #expect(!FileManager.default.fileExists(atPath: folder))
            _ = try await store.create(owner: "ada", title: "t", database: nil)
            let attributes = try FileManager.default.attributesOfItem(atPath: folder)
            #expect(attributes[.posixPermissions] as? Int == 0o700)
            for file in try files(folder) {
                let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
                #expect(mode == 0o600, "\(file.lastPathComponent)")
            }
        }
    }

    @Test("holds nothing of what was deleted, renamed or cut off")
    func secureDelete() async throws {
        try await withStateFolder { folder in
            let store = SQLiteConversations(directory: folder)
            let secret = "zanzibar"
            let first = try await store.create(owner: "ada", title: "About \(secret)", database: nil)
            // More than a page, so that overflow pages are there as well.
            let long = String(repeating: "\(secret) ", count: 4000)
            try await store.append([.said(long), .said(long, by: .assistant)], to: first.id, owner: "ada")
            let second = try await store.create(owner: "ada", title: "other \(secret)", database: nil)
            try await store.append([.said("stays"), .said(long)], to: second.id, owner: "ada")
            func isKept() throws -> Bool {
                try files(folder).contains { try Data(contentsOf: $0).range(of: Data(secret.utf8)) != nil }
            }
            #expect(try isKept())
            #expect(try await store.delete(first.id, owner: "ada"))
            try await store.truncate(second.id, owner: "ada", from: 1)
            try await store.rename(second.id, owner: "ada", title: "plain")
            #expect(try !isKept())
            #expect(try await store.messages(of: second.id, owner: "ada").count == 1)
        }
    }

    @Test("is the same for another process")
    func reopened() async throws {
        try await withStateFolder { folder in
            let one = SQLiteConversations(directory: folder)
            let made = try await one.create(owner: "ada", title: "t", database: nil)
            try await one.append(everyKindOfMessage, to: made.id, owner: "ada")
            let other = SQLiteConversations(directory: folder)
            #expect(
                try await other.messages(of: made.id, owner: "ada").map(\.message) == everyKindOfMessage.map(\.message))
            try await other.append([.said("more")], to: made.id, owner: "ada")
            #expect(try await one.conversation(made.id, owner: "ada")?.messageCount == 5)
        }
    }

    @Test("of a newer program is not touched")
    func newer() async throws {
        try await withStateFolder { folder in
            let store = SQLiteConversations(directory: folder)
            _ = try await store.create(owner: "ada", title: "t", database: nil)
            await store.shutdown()
            let database = StateDatabase(
                directory: folder, name: "conversations.sqlite3",
                options: StateDatabase.Options(pragmas: ["PRAGMA user_version = 99"]) { _ in })
            try await database.writing { _ in }
            database.close()
            await #expect {
                _ = try await SQLiteConversations(directory: folder).list(
                    owner: "ada", search: nil, limit: 1, before: nil)
            } throws: { error in
                let failure = error as? ConversationFailure
                return failure?.code == .unavailable && failure?.operatorDetail?.contains("newer version") == true
            }
        }
    }

    @Test("in memory forgets the oldest conversations when there is too much")
    func memory() async throws {
        var limits = ConversationLimits()
        limits.memoryBytes = 20_000
        let store = SQLiteConversations(directory: nil, limits: limits)
        var ids: [String] = []
        for _ in 0..<5 {
            let made = try await store.create(owner: "ada", title: "t", database: nil)
            try await store.append([.said(String(repeating: "x", count: 3000))], to: made.id, owner: "ada")
            ids.append(made.id)
        }
        let left = try await store.list(owner: "ada", search: nil, limit: 10, before: nil).map(\.id)
        #expect(left == Array(ids.suffix(3).reversed()))
    }
}

@Suite("The database of conversations")
struct ConversationDatabaseTests {
    @Test("is made once by replicas that start together")
    func together() async throws {
        let fixture = try PostgresFixture.shared()
        let database = try fixture.createDatabase("replicas")
        let stores = (0..<6).map { _ in PostgresConversations(configuration: fixture.configuration(database: database))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for store in stores {
                group.addTask { _ = try await store.create(owner: "ada", title: "t", database: nil) }
            }
            try await group.waitForAll()
        }
        #expect(try await stores[0].list(owner: "ada", search: nil, limit: 10, before: nil).count == 6)
        for store in stores { await store.shutdown() }
    }

    @Test("says what is missing to a role that may not make tables, and takes a schema that an operator made")
    func privileges() async throws {
        let fixture = try PostgresFixture.shared()
        let database = try fixture.createDatabase("state_role")
        let role = "keeper_\(database)"
        try fixture.psql("CREATE ROLE \(role) LOGIN")
        let store = PostgresConversations(configuration: fixture.configuration(database: database, user: role))
        await #expect {
            _ = try await store.create(owner: "ada", title: "t", database: nil)
        } throws: { error in
            (error as? ConversationFailure)?.operatorDetail?.contains("CREATE SCHEMA postgres_agent") == true
        }
        try fixture.psql("CREATE SCHEMA postgres_agent AUTHORIZATION \(role)", database: database)
        #expect(try await store.create(owner: "ada", title: "t", database: nil).title == "t")
        await store.shutdown()
    }

    @Test("that does not answer is told without its address")
    func away() async throws {
        var configuration = AgentConfiguration()
        configuration.state.store = "postgres://keeper:hunter22@127.0.0.1:1/state?connect_timeout=2"
        let store = try configuration.makeConversationStore()
        await #expect {
            _ = try await store.list(owner: "ada", search: nil, limit: 1, before: nil)
        } throws: { error in
            guard let failure = error as? ConversationFailure, failure.code == .unavailable else { return false }
            return !failure.description.contains("127.0.0.1")
                && failure.operatorDetail?.contains("hunter22") == false
        }
        await store.shutdown()
    }
}
