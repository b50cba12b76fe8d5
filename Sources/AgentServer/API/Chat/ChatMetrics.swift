import AgentCore
import AgentModels
import Synchronization

/// What the chat takes: its turns, and what the model's service is asked for them.
///
/// Labels hold what the configuration chose: a model that a caller named is counted as `other`.
final class ChatMetrics: Sendable {
    private let turns = MetricCounter(
        "agentd_chat_turns_total", "Turns of the chat, by how they ended.", labels: ["provider", "reason"])
    private let requests = MetricCounter(
        "agentd_model_requests_total", "Requests to the model's service, by what became of them.",
        labels: ["provider", "model", "outcome"])
    private let tokens = MetricCounter(
        "agentd_model_tokens_total", "Tokens as the model's service counts them.",
        labels: ["provider", "model", "kind"])
    private let firstTokens = MetricHistogram(
        "agentd_chat_first_token_seconds", "Time from the beginning of a turn to the first words or call of the model.",
        labels: ["provider", "model"])
    private let answers = MetricHistogram(
        "agentd_model_answer_seconds",
        "Time from the question, or the last result of a tool, to the end of the model's answer.",
        labels: ["provider", "model"])
    /// The configured model.
    private let model: String?

    /// Makes the metrics.
    ///
    /// - Parameters:
    ///   - registry: Where they are shown.
    ///   - model: The configured model.
    ///   - running: How many turns run.
    init(in registry: MetricRegistry, model: String?, running: @escaping @Sendable () -> Int) {
        self.model = model
        registry.add(turns, requests, tokens, firstTokens, answers)
        registry.add(
            MetricReading(
                "agentd_chat_turns_running", .gauge, "Turns of the chat that run.", value: { Double(running()) }))
    }

    /// Measures one turn.
    func meter() -> Meter { Meter(self) }

    /// One turn, by its events.
    final class Meter: Sendable {
        private struct State {
            var labels: (provider: String, model: String)?
            var begin = ContinuousClock.now
            /// When the model was asked last.
            var asked = ContinuousClock.now
            var usage = ModelUsage()
            var hasToken = false
            var isDone = false
        }

        private let metrics: ChatMetrics
        private let state = Mutex(State())

        fileprivate init(_ metrics: ChatMetrics) { self.metrics = metrics }

        /// Takes an event of the turn.
        func note(_ event: ChatEvent) {
            state.withLock { state in
                if case .turn(let start) = event {
                    state.labels = (start.provider, start.model == metrics.model ? start.model : "other")
                    state.begin = .now
                    state.asked = state.begin
                }
                guard let (provider, model) = state.labels else { return }
                switch event {
                case .text, .thinking, .toolCall:
                    guard !state.hasToken else { return }
                    state.hasToken = true
                    metrics.firstTokens.observe(.now - state.begin, provider, model)
                case .usage(let usage, _):
                    metrics.requests.add(1, provider, model, "answered")
                    metrics.answers.observe(.now - state.asked, provider, model)
                    let before = state.usage
                    state.usage = usage
                    for (kind, count) in [
                        ("input", usage.inputTokens - before.inputTokens),
                        ("output", usage.outputTokens - before.outputTokens),
                        ("cached_input", usage.cachedInputTokens - before.cachedInputTokens),
                    ] { metrics.tokens.add(Double(max(0, count)), provider, model, kind) }
                case .result: state.asked = .now
                case .retry: metrics.requests.add(1, provider, model, "retried")
                case .error(let code, _) where ModelFailure.Code(rawValue: code) != nil:
                    metrics.requests.add(1, provider, model, code)
                case .done(let end):
                    state.isDone = true
                    metrics.turns.add(1, provider, end.reason.rawValue)
                default: break
                }
            }
        }

        /// The turn is over, also where no event said so.
        func finish() {
            state.withLock { state in
                guard let (provider, _) = state.labels, !state.isDone else { return }
                state.isDone = true
                metrics.turns.add(1, provider, ChatEnd.Reason.failed.rawValue)
            }
        }
    }
}
