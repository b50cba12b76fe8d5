import NIOCore
import NIOPosix
import Synchronization

/// Runs tasks on the thread of an event loop.
///
/// A small request then stays on the thread that read it for as long as it does not wait: to wake another thread, and the
/// caches of two processors that hold what it touches, cost more than such a request itself.
final class LoopExecutor: TaskExecutor {
    /// What runs for longer than a small request would hold up every connection of the loop.
    static let largestBody = 64 << 10

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
}
