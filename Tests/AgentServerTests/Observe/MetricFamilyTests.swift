import Testing

@testable import AgentServer

@Suite struct MetricFamilyTests {
    private func lines(_ source: any MetricSource) -> [String] {
        var text = MetricText()
        source.write(to: &text)
        return text.text.split(separator: "\n").map(String.init)
    }

    @Test("a label that a stranger fills with new values makes no more than the bound of series, and is counted still")
    func bound() {
        let counter = MetricCounter("names_total", "Names.", labels: ["name"])
        for number in 0..<(3 * SeriesBound.maximum) { counter.add(1, "name \(number)") }
        let lines = lines(counter)
        #expect(lines.count == SeriesBound.maximum + 1)
        #expect(lines.contains("names_total{name=\"other\"} \(2 * SeriesBound.maximum)"))
    }

    @Test("histograms and gauges keep the same bound")
    func boundOfTheOthers() {
        let histogram = MetricHistogram("times_seconds", "Times.", labels: ["name"], bounds: [1])
        let gauge = MetricGauge("levels", "Levels.", labels: ["name"])
        for number in 0..<(2 * SeriesBound.maximum) {
            histogram.observe(.seconds(1), "\(number)")
            gauge.set(1, "\(number)")
        }
        #expect(lines(histogram).count == 4 * (SeriesBound.maximum + 1))
        #expect(lines(gauge).count == SeriesBound.maximum + 1)
    }

    @Test("a counter whose labels are known is there from the beginning, at 0")
    func known() {
        let counter = MetricCounter("failures_total", "Failures.", labels: ["cause"], known: [["a"], ["b"]])
        #expect(lines(counter) == [#"failures_total{cause="a"} 0"#, #"failures_total{cause="b"} 0"#])
        #expect(lines(MetricCounter("all_total", "All.")) == ["all_total 0"])
    }

    @Test(
        "a duration is in the bucket whose bound it does not exceed",
        arguments: [
            (Duration.zero, 0), (.microseconds(500), 0), (.nanoseconds(500_001), 1), (.milliseconds(1), 1),
            (.seconds(60), 15), (.seconds(61), 16), (.seconds(-1), 0),
        ])
    func buckets(duration: Duration, bucket: Int) {
        let histogram = MetricHistogram("times_seconds", "Times.")
        histogram.observe(duration)
        let counts = lines(histogram).filter { $0.hasPrefix("times_seconds_bucket") }.map { $0.hasSuffix(" 1") }
        #expect(counts.count == MetricHistogram.seconds.count + 1)
        #expect(counts.firstIndex(of: true) == bucket)
        #expect(counts[bucket...].allSatisfy { $0 })
    }

    @Test("buckets ascend")
    func ascending() {
        #expect(MetricHistogram.seconds == MetricHistogram.seconds.sorted())
        #expect(Set(MetricHistogram.seconds).count == MetricHistogram.seconds.count)
    }

    @Test("counts of many tasks add up")
    func concurrent() async {
        let counter = MetricCounter("all_total", "All.", labels: ["task"])
        let histogram = MetricHistogram("times_seconds", "Times.")
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        counter.add(1, "\(task % 2)")
                        histogram.observe(.milliseconds(2))
                    }
                }
            }
        }
        #expect(lines(counter) == [#"all_total{task="0"} 4000"#, #"all_total{task="1"} 4000"#])
        #expect(lines(histogram).last == "times_seconds_count 8000")
    }

    @Test("a family that is watched anew takes the place of the old one")
    func replaced() {
        let registry = MetricRegistry()
        registry.add(MetricReading("a", .gauge, "A.") { 1 }, MetricReading("b", .gauge, "B.") { 1 })
        registry.add(MetricReading("a", .gauge, "A.") { 2 })
        let samples = registry.exposition().split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(samples == ["a 2", "b 1"])
    }

    @Test("what has no value now is not written")
    func absent() {
        #expect(lines(MetricReading("a", .gauge, "A.") { nil as Double? }).isEmpty)
    }
}
