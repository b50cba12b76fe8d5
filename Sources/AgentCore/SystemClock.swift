#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The system's clocks, in seconds.
///
/// They are read here, where nothing imports Foundation: its C modules claim `timespec` for themselves.
package enum SystemClock {
    /// Processor time of this process, all threads, in user and system mode.
    package static var process: Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }
    /// Since 1970.
    package static var realTime: Double { seconds(CLOCK_REALTIME) }
    #if os(Linux)
    /// Since the system started, sleep included.
    package static var sinceBoot: Double { seconds(CLOCK_BOOTTIME) }
    #endif

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { return 0 }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
