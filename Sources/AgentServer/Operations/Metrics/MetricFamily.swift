internal import Synchronization

/// What the samples of one name have in common.
struct MetricFamily: Sendable {
    /// The name, by Prometheus' conventions: the unit at the end, `_total` for what only grows.
    let name: String
    let kind: MetricText.Kind
    /// One sentence for people.
    let help: String
    /// The names of the labels, in the order of the values.
    var labels: [String] = []

    /// Labels with their values.
    func pairs(_ values: [String]) -> [(String, String)] { Array(zip(labels, values)) }
}

/// One family of a registry.
protocol MetricSource: Sendable {
    var family: MetricFamily { get }
    /// Writes the samples; the head of the family is written.
    func write(to text: inout MetricText)
    /// The series with their values at the moment; of a histogram how many were measured.
    func samples() -> [(values: [String], value: Double)]
}

/// How many series a family keeps apart.
///
/// Whatever a label says, it was chosen by this program or its configuration. Should one not be, the bound keeps a stranger
/// from filling the memory of the server and of Prometheus: what comes later is counted together as `other`.
enum SeriesBound {
    /// The most series of one family.
    static let maximum = 1000

    /// The values to count under.
    static func values<Series>(_ values: [String], in series: [[String]: Series]) -> [String] {
        if series.count < maximum || series[values] != nil { return values }
        return values.map { _ in "other" }
    }
}

/// A family of counters.
final class MetricCounter: MetricSource {
    let family: MetricFamily
    private let series: Mutex<[[String]: Double]>

    /// Makes a family.
    ///
    /// - Parameters:
    ///   - name: The name; ends in `_total`.
    ///   - help: One sentence for people.
    ///   - labels: The names of the labels.
    ///   - known: Values that are there from the beginning, at 0: Prometheus sees no increase from nothing to 1.
    init(_ name: String, _ help: String, labels: [String] = [], known: [[String]] = []) {
        family = MetricFamily(name: name, kind: .counter, help: help, labels: labels)
        let values = labels.isEmpty ? [[]] : known
        series = Mutex(Dictionary(values.map { ($0, 0) }) { first, _ in first })
    }

    /// Counts.
    ///
    /// - Parameters:
    ///   - amount: How much; not negative.
    ///   - values: A value for each label.
    func add(_ amount: Double = 1, _ values: String...) {
        series.withLock { $0[SeriesBound.values(values, in: $0), default: 0] += amount }
    }

    /// Adds a series at 0 unless there is one.
    func announce(_ values: String...) { series.withLock { $0[SeriesBound.values(values, in: $0), default: 0] += 0 } }

    func samples() -> [(values: [String], value: Double)] {
        series.withLock { $0 }.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
    }

    func write(to text: inout MetricText) {
        for (values, value) in samples() { text.sample(family.name, family.pairs(values), value) }
    }
}

/// A family of gauges that somebody sets.
final class MetricGauge: MetricSource {
    let family: MetricFamily
    private let series = Mutex<[[String]: Double]>([:])

    init(_ name: String, _ help: String, labels: [String] = []) {
        family = MetricFamily(name: name, kind: .gauge, help: help, labels: labels)
    }

    /// Sets the value of a series.
    func set(_ value: Double, _ values: String...) {
        series.withLock { $0[SeriesBound.values(values, in: $0)] = value }
    }

    /// Adds to the value of a series.
    func add(_ amount: Double, _ values: String...) {
        series.withLock { $0[SeriesBound.values(values, in: $0), default: 0] += amount }
    }

    func samples() -> [(values: [String], value: Double)] {
        series.withLock { $0 }.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
    }

    func write(to text: inout MetricText) {
        for (values, value) in samples() { text.sample(family.name, family.pairs(values), value) }
    }
}

/// A family whose values are looked up when they are asked for: what something else counts or knows already.
struct MetricReading: MetricSource {
    let family: MetricFamily
    let read: @Sendable () -> [(values: [String], value: Double)]

    /// Makes a family.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - kind: A counter when the values only grow.
    ///   - help: One sentence for people.
    ///   - labels: The names of the labels.
    ///   - read: The series, in a stable order; called for each scrape, so it must be quick.
    init(
        _ name: String, _ kind: MetricText.Kind, _ help: String, labels: [String] = [],
        read: @escaping @Sendable () -> [(values: [String], value: Double)]
    ) {
        family = MetricFamily(name: name, kind: kind, help: help, labels: labels)
        self.read = read
    }

    /// Makes a family of one series; nothing is written while there is no value.
    init(_ name: String, _ kind: MetricText.Kind, _ help: String, value: @escaping @Sendable () -> Double?) {
        self.init(name, kind, help) { value().map { [(values: [], value: $0)] } ?? [] }
    }

    func samples() -> [(values: [String], value: Double)] { Array(read().prefix(SeriesBound.maximum)) }

    func write(to text: inout MetricText) {
        for (values, value) in samples() { text.sample(family.name, family.pairs(values), value) }
    }
}
