import AgentCore
import HTTPTypes
import MCPHTTP
import NIOCore
import NIOPosix
import Synchronization

/// Runs tasks on the thread of an event loop.
///
/// A small request then stays on the thread that read it for as long as it does not wait: to wake another thread, and the
/// caches of two processors that hold what it touches, cost more than such a request itself.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    private init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    private static let known = Mutex<[ObjectIdentifier: LoopExecutor]>([:])

    /// The executor of a loop, always the same one: a task that is on it already does not leave it.
    static func of(_ loop: any EventLoop) -> LoopExecutor {
        known.withLock { known in
            if let executor = known[ObjectIdentifier(loop)] { return executor }
            let executor = LoopExecutor(loop)
            known[ObjectIdentifier(loop)] = executor
            return executor
        }
    }

    /// The executor of the loop whose thread this is.
    static var current: LoopExecutor? { MultiThreadedEventLoopGroup.currentEventLoop.map(of) }

    // MARK: - What may run there

    /// A longer body takes longer to read.
    static let largestBody = 64 << 10

    /// Whether a request may be answered on the thread that reads its connection, and those of others: what takes the processor
    /// for long, as passwords, pages and descriptions of a whole catalog do, would hold them up.
    ///
    /// - Parameter head: Its head. What it says of the method and the tool (item 17 of MCP over HTTP) is compared with the
    ///   body before the tool is called.
    static func mayAnswer(_ head: HTTPRequest) -> Bool {
        switch head.path {
        case "/healthz": return true
        case "/mcp":
            let fields = head.headerFields
            guard head.method == .post, let length = fields.value(.contentLength).flatMap({ Int($0) }),
                length <= largestBody, fields.value(.mcpMethod) == "tools/call"
            else { return false }
            return fields.value(.mcpName).map(Agent.toolsThatOnlyAsk.contains) ?? false
        default: return false
        }
    }
}
