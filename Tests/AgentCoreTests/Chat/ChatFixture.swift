import AgentModels
import AuthTokens
import MCPProtocol
import Synchronization
import TestSupport
import Testing

@testable import AgentCore

/// A chat over the database of an ``AgentFixture``.
struct ChatFixture: Sendable {
    let agent: AgentFixture
    let chat: Chat
    let store: any ConversationStore

    /// Makes a chat and hands it to `body`.
    ///
    /// - Parameters:
    ///   - provider: The model.
    ///   - sql: Runs in a database of its own; without it tests share one.
    ///   - writes: Whether the database allows writes.
    ///   - adjust: Changes the configuration.
    ///   - limits: Changes the bounds.
    static func with<Value>(
        _ provider: any ModelProvider, sql: String? = nil, writes: Bool = false,
        adjust: (inout AgentConfiguration) -> Void = { _ in }, limits: (inout ChatLimits) -> Void = { _ in },
        _ body: (ChatFixture) async throws -> Value
    ) async throws -> Value {
        var bounds = ChatLimits()
        limits(&bounds)
        return try await AgentFixture.with(sql: sql ?? (writes ? "" : nil)) {
            $0.databases[0].allowWrites = writes
            adjust(&$0)
        } _: { fixture in
            let store = ConversationStores.memory()
            let chat = Chat(agent: fixture.agent, provider: provider, model: "scripted", store: store, limits: bounds)
            return try await body(ChatFixture(agent: fixture, chat: chat, store: store))
        }
    }

    /// Says something as the local user.
    @discardableResult
    func say(
        _ message: String, in conversation: String? = nil, database: String? = nil, caller: Principal = .local,
        replacingFrom: Int? = nil, follow: Followed = Followed(),
        approve: @escaping @Sendable (ChatApproval) async throws -> Decision = { _ in
            Issue.record("nobody was to be asked")
            return .decline
        }
    ) async throws -> (end: ChatEnd, followed: Followed) {
        let end = try await chat.turn(
            ChatRequest(
                message: message, conversation: conversation, database: database, caller: caller,
                replacingFrom: replacingFrom), approve: approve
        ) { follow.note($0) }
        return (end, follow)
    }

    /// The one conversation that there is.
    func conversation() async throws -> Conversation {
        let all = try await store.list(owner: "local", search: nil, limit: 10, before: nil)
        #expect(all.count == 1)
        return try #require(all.first)
    }

    /// What is stored of it.
    func stored() async throws -> [StoredMessage] {
        try await store.messages(of: try await conversation().id, owner: "local")
    }
}
