import Testing

@testable import AgentServer

@Suite struct MetricTextTests {
    @Test("a counter, a gauge and a histogram are written as format 0.0.4 has them")
    func exposition() {
        let registry = MetricRegistry()
        let counter = MetricCounter("one_total", "Ones.", labels: ["what"])
        let gauge = MetricGauge("two", "Twos.")
        let histogram = MetricHistogram("three_seconds", "Threes.", bounds: [0.1, 1])
        registry.add(counter, gauge, histogram)
        counter.add(2, "b")
        counter.add(1, "a")
        gauge.set(-1.5)
        histogram.observe(.milliseconds(100))
        histogram.observe(.milliseconds(500))
        histogram.observe(.seconds(4))
        #expect(
            registry.exposition() == """
                # HELP one_total Ones.
                # TYPE one_total counter
                one_total{what="a"} 1
                one_total{what="b"} 2
                # HELP two Twos.
                # TYPE two gauge
                two -1.5
                # HELP three_seconds Threes.
                # TYPE three_seconds histogram
                three_seconds_bucket{le="0.1"} 1
                three_seconds_bucket{le="1"} 2
                three_seconds_bucket{le="+Inf"} 3
                three_seconds_sum 4.6
                three_seconds_count 3

                """)
    }

    @Test(
        "a label's value cannot end its quotes or its line",
        arguments: [
            ("plain", "plain"), ("a\"b", #"a\"b"#), (#"a\b"#, #"a\\b"#), ("a\nb 1", #"a\nb 1"#), ("ä\r", "ä\r"),
        ])
    func labels(value: String, written: String) {
        #expect(MetricText.escapedLabel(value) == written)
    }

    @Test("a help text keeps its quotes and loses its line feeds")
    func help() {
        #expect(MetricText.escapedHelp("a \"b\"\\\nc") == #"a "b"\\\nc"#)
    }

    @Test(
        "numbers are written as Prometheus reads them",
        arguments: [
            (0, "0"), (1e15, "1000000000000000"), (0.25, "0.25"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
            (.nan, "NaN"), (-3, "-3"), (1e-7, "1e-07"),
        ] as [(Double, String)])
    func numbers(value: Double, written: String) {
        #expect(MetricText.number(value) == written)
    }
}
