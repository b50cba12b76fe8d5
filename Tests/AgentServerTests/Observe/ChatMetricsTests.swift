import AgentCore
import AgentModels
import Testing

@testable import AgentServer

@Suite("The metrics of the chat")
struct ChatMetricsTests {
    private func turn(_ model: String) -> ChatEvent {
        .turn(
            ChatTurnStart(
                conversation: "c", turn: "t", title: "", index: 0, database: nil, allowWrites: false, provider: "p",
                model: model))
    }

    @Test("count turns, requests and tokens by the configured model alone")
    func counted() {
        let metrics = ServerMetrics()
        let chat = ChatMetrics(in: metrics.registry, model: "m") { 3 }
        let meter = chat.meter()
        for event: ChatEvent in [
            turn("m"), .retry(attempt: 2, delayMs: 1, reason: "busy"), .text("a"), .text("b"),
            .usage(ModelUsage(inputTokens: 10, outputTokens: 2, cachedInputTokens: 4), steps: 1),
            .usage(ModelUsage(inputTokens: 25, outputTokens: 3, cachedInputTokens: 4), steps: 2),
            .error(code: "overloaded", message: "x"), .done(ChatEnd(reason: .failed, index: 1)),
        ] { meter.note(event) }
        meter.finish()
        let other = chat.meter()
        other.note(turn("a model of a stranger"))
        other.finish()
        let shown = Exposition(metrics)
        #expect(shown[#"agentd_model_requests_total{provider="p",model="m",outcome="answered"}"#] == 2)
        #expect(shown[#"agentd_model_requests_total{provider="p",model="m",outcome="retried"}"#] == 1)
        #expect(shown[#"agentd_model_requests_total{provider="p",model="m",outcome="overloaded"}"#] == 1)
        #expect(shown[#"agentd_model_tokens_total{provider="p",model="m",kind="input"}"#] == 25)
        #expect(shown[#"agentd_model_tokens_total{provider="p",model="m",kind="output"}"#] == 3)
        #expect(shown[#"agentd_model_answer_seconds_count{provider="p",model="m"}"#] == 2)
        #expect(shown[#"agentd_chat_first_token_seconds_count{provider="p",model="m"}"#] == 1)
        #expect(shown[#"agentd_chat_turns_total{provider="p",reason="failed"}"#] == 2)
        #expect(shown["agentd_chat_turns_running"] == 3)
        #expect(!metrics.exposition().contains("stranger"))
    }
}
