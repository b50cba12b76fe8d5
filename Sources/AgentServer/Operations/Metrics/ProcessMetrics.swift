internal import AgentCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The metrics that every Prometheus client library has of its process, under their usual names.
///
/// https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics. What the system does not tell is left out.
enum ProcessMetrics {
    static func add(to registry: MetricRegistry) {
        let start = Self.startTime
        registry.add(
            MetricReading(
                "process_cpu_seconds_total", .counter, "User and system time of the process.", value: cpuSeconds),
            MetricReading(
                "process_resident_memory_bytes", .gauge, "Memory that the process holds.",
                value: { pages(field: 1) }),
            MetricReading(
                "process_virtual_memory_bytes", .gauge, "Address space of the process.",
                value: { pages(field: 0) }),
            MetricReading(
                "process_open_fds", .gauge, "File descriptors that are open.", value: openDescriptors),
            MetricReading(
                "process_max_fds", .gauge, "The most file descriptors that may be open.",
                value: maximumDescriptors),
            MetricReading(
                "process_start_time_seconds", .gauge, "When the process started, in seconds since 1970.",
                value: { start }))
    }

    /// User and system time, fields 14 and 15 of /proc/self/stat, in clock ticks.
    private static func cpuSeconds() -> Double? {
        // The second field is the program's name in brackets, which may hold spaces and brackets.
        guard let stat = contents("/proc/self/stat"), let bracket = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: bracket)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func maximumDescriptors() -> Double? {
        var limit = rlimit()
        #if canImport(Glibc)
        let isKnown = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        #else
        let isKnown = getrlimit(RLIMIT_NOFILE, &limit) == 0
        #endif
        return isKnown ? Double(limit.rlim_cur) : nil
    }

    /// A field of /proc/self/statm, which counts pages.
    private static func pages(field: Int) -> Double? {
        let fields = contents("/proc/self/statm")?.split(separator: " ") ?? []
        guard fields.indices.contains(field), let pages = Double(fields[field]) else { return nil }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static func openDescriptors() -> Double? {
        #if canImport(Darwin)
        guard let folder = opendir("/dev/fd") else { return nil }
        #else
        guard let folder = opendir("/proc/self/fd") else { return nil }
        #endif
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Not "." and "..", and not the descriptor of the folder itself.
        return Double(max(0, count - 3))
    }

    /// When the metrics of the process were first made, a moment after its start. The system knows better, but not for a service
    /// that sees no more of /proc than its own processes (ProcSubset=pid).
    private static let startTime = Double(UTCTime.now.microseconds) / 1e6

    /// The beginning of a file of /proc; nil where there is none.
    private static func contents(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while bytes.count < 1 << 20 {
            let count = read(descriptor, &block, block.count)
            guard count > 0 else { break }
            bytes += block[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
