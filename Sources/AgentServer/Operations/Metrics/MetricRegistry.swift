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
