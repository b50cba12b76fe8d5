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
}
