import AgentModels
import Testing

@Suite struct ModelUsageTests {
    @Test func `uses add up`() {
        let sum =
            ModelUsage(inputTokens: 1, outputTokens: 2, cachedInputTokens: 3)
            + ModelUsage(inputTokens: 10, outputTokens: 20, cachedInputTokens: 30)
        #expect(sum == ModelUsage(inputTokens: 11, outputTokens: 22, cachedInputTokens: 33))
    }
}
