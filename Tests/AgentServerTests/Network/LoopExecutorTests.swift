import HTTPTypes
import MCPHTTP
import NIOCore
import NIOPosix
import Testing

@testable import AgentServer

@Suite("Tasks on the thread of an event loop")
struct LoopExecutorTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    @Test("A loop has one executor, and only its own thread is on it")
    func identity() async throws {
        #expect(LoopExecutor.of(loop) === LoopExecutor.of(loop))
        #expect(LoopExecutor.current == nil)
        let loop = loop
        let isCurrent = try await loop.submit { LoopExecutor.current === LoopExecutor.of(loop) }.get()
        #expect(isCurrent)
    }

    @Test("A task and its children stay on the loop, also after waiting; what is sent elsewhere comes back")
    func staying() async {
        let loop = loop
        let places = await Task(executorPreference: LoopExecutor.of(loop)) {
            var places = [loop.inEventLoop]
            await Task.yield()
            places.append(loop.inEventLoop)
            async let child = loop.inEventLoop
            places.append(await child)
            let elsewhere = await withTaskExecutorPreference(globalConcurrentExecutor) { loop.inEventLoop }
            places += [!elsewhere, loop.inEventLoop]
            return places
        }.value
        #expect(places == Array(repeating: true, count: 5))
    }

    @Test(
        "Only small requests that wait for the database are answered on the loop",
        arguments: [
            ("POST", "/mcp", "query_database", "100", true), ("POST", "/mcp", "count_rows", "65536", true),
            ("POST", "/mcp", "query_database", "65537", false), ("POST", "/mcp", "query_database", nil, false),
            ("POST", "/mcp", "get_schema_info", "100", false), ("POST", "/mcp", nil, "100", false),
            ("GET", "/mcp", "query_database", "100", false), ("GET", "/healthz", nil, nil, true),
            ("POST", "/api/v1/login", nil, "100", false), ("POST", "/api/v1/query", nil, "100", false),
            ("GET", "/", nil, nil, false),
        ] as [(String, String, String?, String?, Bool)])
    func light(method: String, path: String, tool: String?, length: String?, isLight: Bool) throws {
        let method = try #require(HTTPRequest.Method(rawValue: method))
        var head = HTTPRequest(method: method, scheme: "http", authority: "localhost", path: path)
        head.headerFields[.contentLength] = length
        if let tool {
            head.headerFields[.mcpMethod] = "tools/call"
            head.headerFields[.mcpName] = tool
        }
        #expect(LoopExecutor.mayAnswer(head) == isLight)
    }
}
