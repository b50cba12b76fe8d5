import Testing

@testable import AgentCore

@Suite("Durations and sizes in a configuration")
struct ConfigurationUnitsTests {
    @Test(
        "A duration is a number with a unit, or several from one to another",
        arguments: [
            ("30s", 30_000), ("500ms", 500), ("10m", 600_000), ("10min", 600_000), ("1h30m", 5_400_000),
            ("2d", 172_800_000), ("0s", 0), ("90m", 5_400_000),
        ] as [(String, Int64)])
    func duration(text: String, milliseconds: Int64) {
        #expect(TimeSpan.parse(text) == .milliseconds(milliseconds))
    }

    @Test(
        "What has no unit, a wrong one or a sign is no duration",
        arguments: [
            "", "30", "s", "1.5s", "-1s", "1 s", "1s1s", "1m1min", "1y", "1S", "9999999999999999999s", "99999999999d",
        ])
    func noDuration(text: String) {
        #expect(TimeSpan.parse(text) == nil)
    }

    @Test("A duration is written as it is read", arguments: ["500ms", "30s", "1h30m", "1d", "1d1ms", "0s"])
    func durationRoundTrip(text: String) throws {
        #expect(TimeSpan.format(try #require(TimeSpan.parse(text))) == text)
    }

    @Test(
        "A size is a number of bytes, or of 1024, as PostgreSQL has it",
        arguments: [
            ("4194304", 4_194_304), ("1MiB", 1_048_576), ("64KiB", 65536), ("64kB", 65536), ("2MB", 2_097_152),
            ("1GiB", 1_073_741_824), ("7B", 7),
        ])
    func size(text: String, bytes: Int) {
        #expect(ByteSize.parse(text) == bytes)
    }

    @Test(
        "Other letters are no size", arguments: ["", "MB", "1mb", "1K", "1 MB", "-1", "1.5MB", "99999999999GB", "1TB"])
    func noSize(text: String) {
        #expect(ByteSize.parse(text) == nil)
    }

    @Test("A size is written with the largest unit that gives it", arguments: ["0", "1000", "1KiB", "1025", "16MiB"])
    func sizeRoundTrip(text: String) throws {
        #expect(ByteSize.format(try #require(ByteSize.parse(text))) == text)
    }
}

@Suite("Text made fit for a line")
struct PlainTextTests {
    @Test(
        "What ends a line or steers a terminal is escaped",
        arguments: [
            ("a\nb", "a\\nb"), ("\u{1B}[2J", "\\u001b[2J"), ("a\u{202E}b", "a\\u202eb"), ("\u{9B}", "\\u009b"),
            ("grün", "grün"), ("\u{2028}", "\\u2028"),
        ])
    func escaped(text: String, expected: String) {
        #expect(PlainText.escaped(text) == expected)
    }

    @Test("An excerpt is short and quoted")
    func excerpt() {
        #expect(PlainText.excerpt(String(repeating: "x", count: 100), limit: 3) == "\"xxx\"…")
        #expect(PlainText.excerpt("a\"b") == "\"a\\\"b\"")
    }
}
