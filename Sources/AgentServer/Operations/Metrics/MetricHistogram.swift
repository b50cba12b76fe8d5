internal import Synchronization

/// A family of histograms of durations, in seconds.
final class MetricHistogram: MetricSource {
    /// From what answers out of a cache to what runs into `statement_timeout`: about two steps a decade more than
    /// Prometheus' own choice at the lower end, since a query on a warm connection takes less than a millisecond.
    static let seconds: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    private struct Series {
        /// How many were in each bucket alone; the last is what is above all bounds.
        var counts: [UInt64]
        var sum = 0.0
    }

    let family: MetricFamily
    private let bounds: [Double]
    private let series = Mutex<[[String]: Series]>([:])

    /// Makes a family.
    ///
    /// - Parameters:
    ///   - name: The name; ends in `_seconds`.
    ///   - help: One sentence for people.
    ///   - labels: The names of the labels; none is called `le`.
    ///   - bounds: The upper bounds of the buckets, each included in its bucket, ascending; the last bucket has none.
    init(_ name: String, _ help: String, labels: [String] = [], bounds: [Double] = MetricHistogram.seconds) {
        family = MetricFamily(name: name, kind: .histogram, help: help, labels: labels)
        self.bounds = bounds
    }

    /// Notes a duration.
    func observe(_ duration: Duration, _ values: String...) {
        let seconds = max(0, duration.seconds)
        let bucket = bounds.firstIndex { seconds <= $0 } ?? bounds.count
        let empty = bounds.count + 1
        series.withLock { series in
            let key = SeriesBound.values(values, in: series)
            series[key, default: Series(counts: Array(repeating: 0, count: empty))].counts[bucket] += 1
            series[key]?.sum += seconds
        }
    }

    func samples() -> [(values: [String], value: Double)] {
        series.withLock { $0 }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { ($0.key, Double($0.value.counts.reduce(0, +))) }
    }

    func write(to text: inout MetricText) {
        let all = series.withLock { $0 }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        for (values, one) in all {
            let labels = family.pairs(values)
            var total: UInt64 = 0
            for (bound, count) in zip(bounds + [.infinity], one.counts) {
                total += count
                text.sample(
                    family.name + "_bucket", labels + [("le", MetricText.number(bound))], Double(total))
            }
            text.sample(family.name + "_sum", labels, one.sum)
            text.sample(family.name + "_count", labels, Double(total))
        }
    }
}

extension Duration {
    /// The duration in seconds.
    var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
