import AgentServer
import HTTPTypes
import Hummingbird
import MCPProtocol
import Testing

@Suite struct ProblemDetailsTests {
    @Test("a problem is answered with its status, its media type and its fields")
    func headOfTheAnswer() {
        let problem = ProblemDetails(
            .tooManyRequests, code: "too-many-requests", title: "Too many requests", fields: [.retryAfter: "7"])
        #expect(problem.response.status == .tooManyRequests)
        #expect(problem.response.headers[.contentType] == "application/problem+json")
        #expect(problem.response.headers[.retryAfter] == "7")
    }
}
