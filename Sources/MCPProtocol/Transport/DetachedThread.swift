#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A thread for work that blocks, outside of Swift's pool.
enum DetachedThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts a thread.
    ///
    /// - Parameter body: what it does; it ends with it.
    /// - Returns: false when the system has no thread left; `body` does not run then.
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let boxed = Unmanaged.passRetained(Body(body))
        #if canImport(Darwin)
        var thread: pthread_t?
        let code = pthread_create(&thread, nil, { argument in DetachedThread.run(argument) }, boxed.toOpaque())
        if code == 0, let thread { pthread_detach(thread) }
        #else
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, { argument in DetachedThread.run(argument) }, boxed.toOpaque())
        if code == 0 { pthread_detach(thread) }
        #endif
        if code != 0 { boxed.release() }
        return code == 0
    }

    private static func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
    }
}
