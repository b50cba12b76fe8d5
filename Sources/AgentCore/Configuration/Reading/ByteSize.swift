/// Sizes as they are written in a configuration: `1MiB`, `64kB`, `4194304`.
enum ByteSize {
    /// The units. As in PostgreSQL's own configuration, `kB` is 1024 bytes, and the case of the letters counts.
    private static let units: [(name: String, bytes: Int)] = [
        ("B", 1), ("KiB", 1 << 10), ("kB", 1 << 10), ("MiB", 1 << 20), ("MB", 1 << 20), ("GiB", 1 << 30),
        ("GB", 1 << 30),
    ]

    /// What is accepted, for a message.
    static let expectation = "a size in bytes, or with a unit (B, kB or KiB, MB or MiB, GB or GiB), such as 1MiB"

    /// Reads a size, in bytes.
    ///
    /// - Returns: `nil` when it is not one or does not fit.
    static func parse(_ text: String) -> Int? {
        let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let name = String(text.utf8.dropFirst(digits.count)) ?? ""
        guard let number = Int(Substring(digits)) else { return nil }
        guard !name.isEmpty else { return number }
        guard let unit = units.first(where: { $0.name == name }) else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit.bytes)
        return overflow ? nil : bytes
    }

    /// Writes a size with the largest binary unit that gives it exactly.
    static func format(_ bytes: Int) -> String {
        for (name, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] where bytes != 0 {
            if bytes % size == 0 { return "\(bytes / size)\(name)" }
        }
        return String(bytes)
    }
}
