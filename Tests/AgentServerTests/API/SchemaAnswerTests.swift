import AgentCore
import MCPProtocol
import Testing

@testable import AgentServer

@Suite("The schema over the API", .timeLimit(.minutes(2)))
struct SchemaAnswerTests {
    @Test("A list with details has the columns and keys of each table, and nothing of other tables")
    func details() async throws {
        try await APIFixture.with { api in
            let plain = try await api.get("/schema?schema=sales")
            let reply = try await api.get("/schema?schema=sales&details=true")
            let relations = try #require(reply["relations"]?.array)
            #expect(reply.status == 200 && reply["truncated"] == false && !relations.isEmpty)
            #expect(plain["relations"]?.array?.count == relations.count)
            #expect(plain["relations"]?[0]?["columns"] == nil)
            for relation in relations {
                let name = try #require(relation["name"]?.string)
                let one = try await api.get("/schema?schema=sales&table=\(name)")
                for member in ["columns", "primaryKey", "foreignKeys"] {
                    #expect(relation[member] == one["relations"]?[0]?[member], "\(name): \(member)")
                }
                #expect(relation["columns"]?.array?.isEmpty == false)
            }
        }
    }

    @Test("An index has a size")
    func indexSizes() async throws {
        try await APIFixture.with { api in
            let reply = try await api.get("/schema?table=sales.orders")
            let indexes = try #require(reply["relations"]?[0]?["indexes"]?.array)
            #expect(!indexes.isEmpty)
            for index in indexes { #expect(index["estimatedBytes"]?.int.map { $0 > 0 } == true, "\(index)") }
        }
    }
}
