import AuthTokens
import Logging
import Testing

@testable import AgentCore

@Suite("Who may use a database, and who may write")
struct DatabaseAccessTests {
    private func database(allowWrites: Bool = true, users: [String] = []) -> Database {
        var configuration = DatabaseConfiguration(name: "shop")
        configuration.allowWrites = allowWrites
        configuration.users = users
        // Nothing listens there: what is refused is refused before anybody is asked.
        configuration.host = "127.0.0.1"
        configuration.port = 1
        return Database(configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test(
        "A principal writes only with both scopes, on a database that is its own and allows writes",
        arguments: [
            (Set<Scope>([.read, .write]), nil, [], true, true), ([.read, .write], ["shop"], ["ann"], true, true),
            ([.read], nil, [], true, false), ([.write], nil, [], true, false),
            ([.approve, .admin], nil, [], true, false),
            ([.read, .approve, .admin], nil, [], true, false), ([.read, .write], ["archive"], [], true, false),
            ([.read, .write], nil, ["bob"], true, false), ([.read, .write], nil, [], false, false),
        ] as [(Set<Scope>, [String]?, [String], Bool, Bool)])
    func writes(scopes: Set<Scope>, databases: [String]?, users: [String], allowWrites: Bool, mayWrite: Bool) {
        let principal = Principal(id: "token:1", name: "ann", scopes: scopes, databases: databases)
        #expect(database(allowWrites: allowWrites, users: users).allowsWrites(of: principal) == mayWrite)
    }

    @Test("An issuer's subject of a user's name is not that user")
    func subjects() {
        let subject = Principal(id: "oauth:https://i|ann", name: "oauth:ann", scopes: [.read])
        #expect(!database(users: ["ann"]).mayBeUsed(by: subject))
        #expect(database(users: ["oauth:ann"]).mayBeUsed(by: subject))
        #expect(!database(users: ["ann"]).mayBeUsed(by: .anonymous) && database().mayBeUsed(by: .anonymous))
        #expect(!database().allowsWrites(of: .anonymous) && !database().mayBeUsed(by: nil))
    }

    @Test("A call for somebody who may not use the database is refused at the guard, whoever let it through before")
    func guarded() async throws {
        let stranger = CallOrigin(
            principal: Principal(id: "1", name: "eve", scopes: [.read, .write], databases: ["x"]))
        let database = database()
        let read = await #expect(throws: QueryFailure.self) {
            try await database.query(QueryRequest(sql: "SELECT 1", origin: stranger))
        }
        #expect(read?.code == "invalid_argument")
        let write = await #expect(throws: QueryFailure.self) {
            try await database.approvalQuestion(WriteRequest(sql: "DELETE FROM t", origin: stranger))
        }
        #expect(write?.code == "invalid_argument")
        let reader = CallOrigin(principal: Principal(id: "2", name: "bob", scopes: [.read, .approve]))
        let request = WriteRequest(sql: "DELETE FROM t", origin: reader)
        let refused = await #expect(throws: QueryFailure.self) { try await database.approvalQuestion(request) }
        #expect(refused?.code == "refused_write")
        // Not even with an approval in hand.
        let approved = await #expect(throws: QueryFailure.self) {
            try await database.write(request, approval: database.approval(for: request))
        }
        #expect(approved?.code == "refused_write")
    }
}
