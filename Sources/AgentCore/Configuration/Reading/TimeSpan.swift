/// Durations as they are written in a configuration: `30s`, `1h30m`, `500ms`.
package enum TimeSpan {
    /// The units, longest first. `min` is PostgreSQL's spelling of `m`.
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// What is accepted, for a message.
    package static let expectation = "a duration with its unit (ms, s, m, h, d), such as 30s or 1h30m"

    /// Reads a duration.
    ///
    /// - Returns: `nil` when it is not one, has no unit, repeats a unit, or is longer than 100 years.
    package static func parse(_ text: String) -> Duration? {
        var rest = Substring(text).utf8
        var total: Int64 = 0
        var used: Set<String> = []
        while !rest.isEmpty {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
            rest = rest.dropFirst(letters.count)
            let name = letters.elementsEqual("min".utf8) ? "m" : String(Substring(letters))
            guard let number = Int64(Substring(digits)), let unit = units.first(where: { $0.name == name }),
                used.insert(name).inserted
            else { return nil }
            let (product, tooLarge) = number.multipliedReportingOverflow(by: unit.milliseconds)
            let (sum, tooLong) = total.addingReportingOverflow(product)
            guard !tooLarge, !tooLong, sum <= 36500 * 86_400_000 else { return nil }
            total = sum
        }
        return used.isEmpty ? nil : .milliseconds(total)
    }

    /// Writes a duration in the largest units that give it exactly, such as `1h30m`.
    static func format(_ duration: Duration) -> String {
        var rest = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        var result = ""
        for unit in units where rest >= unit.milliseconds {
            result += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return result.isEmpty ? "0s" : result
    }
}
