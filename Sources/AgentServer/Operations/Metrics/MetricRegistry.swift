internal import Synchronization

/// The metrics of one server, in the order in which they were added.
final class MetricRegistry: Sendable {
    private let sources = Mutex<[any MetricSource]>([])

    /// Adds families. One of a name that is there takes its place: what is watched may be made anew.
    func add(_ added: any MetricSource...) {
        sources.withLock { sources in
            for source in added {
                if let place = sources.firstIndex(where: { $0.family.name == source.family.name }) {
                    sources[place] = source
                } else {
                    sources.append(source)
                }
            }
        }
    }

    /// The series of a family at the moment; none when nobody added it.
    func series(_ name: String) -> MetricSeries {
        guard let source = sources.withLock({ $0.first { $0.family.name == name } }) else { return MetricSeries() }
        return MetricSeries(labels: source.family.labels, samples: source.samples())
    }

    /// Every metric as text, for a scrape.
    func exposition() -> String {
        var text = MetricText()
        for source in sources.withLock({ $0 }) {
            text.begin(source.family)
            source.write(to: &text)
        }
        return text.text
    }
}

/// The series of one family at one moment.
struct MetricSeries: Sendable {
    /// The names of the labels.
    var labels: [String] = []
    /// The values of the labels, and the value.
    var samples: [(values: [String], value: Double)] = []

    /// The sum of all.
    var total: Double { samples.reduce(0) { $0 + $1.value } }
    /// The value of a family without labels, while there is one.
    var single: Double? { samples.first?.value }

    /// The sums by one label, ascending by its values; those that are 0 are left out unless they are asked for.
    func totals(by label: String, keepsZeros: Bool = false) -> [(value: String, total: Double)] {
        guard let place = labels.firstIndex(of: label) else { return [] }
        return samples.reduce(into: [String: Double]()) { $0[$1.values[place], default: 0] += $1.value }
            .filter { keepsZeros || $0.value != 0 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
