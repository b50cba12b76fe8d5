import AuthTokens
import Foundation
import Testing

@Suite("Moments in files")
struct TimestampTests {
    @Test(
        "RFC 3339 is read",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2000-02-29", 951_782_400), ("2026-11-22T17:00:00Z", 1_795_366_800),
            ("2026-11-22T19:00:00+02:00", 1_795_366_800), ("2026-11-22t16:30:00.123-00:30", 1_795_366_800),
            ("1969-12-31T23:59:59Z", -1), ("2026-11-22 17:00:00Z", 1_795_366_800),
        ] as [(String, Int64)])
    func read(text: String, seconds: Int64) {
        #expect(Timestamp(text)?.seconds == seconds)
    }

    @Test(
        "Anything else, and dates that do not exist, are not",
        arguments: [
            "", "2026", "2026-13-01", "2026-02-29", "2026-00-10", "2026-01-00", "2026-11-22T24:00:00Z",
            "2026-11-22T17:00Z",
            "2026-11-22T17:00:00", "2026-11-22T17:00:00Zx", "2026-11-22T17:00:00.Z", "2026-1-1", "tomorrow",
            "2026-11-22T",
        ])
    func refused(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("What is written is read back, and is what Foundation writes")
    func roundTrip() {
        let format = Date.ISO8601FormatStyle()
        for _ in 0..<2000 {
            let moment = Timestamp(seconds: Int64.random(in: -60_000_000_000...250_000_000_000))
            #expect(Timestamp(moment.text) == moment)
        }
        for _ in 0..<200 {
            let seconds = Int64.random(in: -10_000_000_000...100_000_000_000)
            #expect(Timestamp(seconds: seconds).text == Date(timeIntervalSince1970: Double(seconds)).formatted(format))
        }
    }

    @Test("Durations are added and taken away")
    func arithmetic() {
        #expect(Timestamp(seconds: 10) + .seconds(5) == Timestamp(seconds: 15))
        #expect(Timestamp(seconds: 10) - .seconds(5) == Timestamp(seconds: 5))
        #expect(Timestamp(seconds: .max) + .seconds(5) == Timestamp(seconds: .max))
    }
}
