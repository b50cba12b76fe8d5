#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// How often and when a failed request is sent again.
package struct RetryPolicy: Sendable, Hashable {
    /// The most tries, with the first one.
    package var attempts = 4
    /// The wait before the second try; it doubles for each one after it.
    package var base: Duration = .milliseconds(500)
    /// The longest wait of our own choice.
    package var longest: Duration = .seconds(8)
    /// The longest wait that a service may ask for. One that asks for more is not asked again.
    package var longestAsked: Duration = .seconds(60)

    /// The usual one.
    package init() {}

    /// How long to wait.
    ///
    /// - Parameters:
    ///   - failures: How many tries failed.
    ///   - asked: What the service asked for.
    ///   - random: From 0 to 1; it shortens our own wait by up to a half, so that many clients do not come back at once.
    /// - Returns: nil when it is not to be tried again.
    func delay(after failures: Int, asked: Duration?, random: Double) -> Duration? {
        guard failures < attempts else { return nil }
        if let asked { return asked <= longestAsked ? max(asked, .zero) : nil }
        let doubled = base * (1 << min(max(failures - 1, 0), 20))
        return min(doubled, longest) * (1 - random / 2)
    }
}

/// The header `Retry-After` (RFC 9110, section 10.2.3).
enum RetryAfter {
    /// Reads the header: seconds, or a date.
    ///
    /// - Parameters:
    ///   - text: Its value.
    ///   - now: Seconds since 1970.
    /// - Returns: nil when it is neither.
    static func parse(_ text: String, now: Int64 = Int64(time(nil))) -> Duration? {
        let text = text.drop { $0 == " " }
        if !text.isEmpty, text.utf8.count <= 12, text.utf8.allSatisfy({ $0 &- 0x30 < 10 || $0 == UInt8(ascii: ".") }) {
            // Some services write fractions.
            return Double(text).map { .milliseconds(Int64($0 * 1000)) }
        }
        return date(text).map { .seconds(max(0, $0 - now)) }
    }

    /// The date form that RFC 9110 has senders use: `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func date(_ text: Substring) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = Int64(parts[1]), let year = Int64(parts[3]),
            let month = months.firstIndex(of: String(parts[2])), (1...31).contains(day), (1970...9999).contains(year)
        else { return nil }
        let clock = parts[4].split(separator: ":").compactMap { Int64($0) }
        guard clock.count == 3, (0..<24).contains(clock[0]), (0..<60).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        // Days since 1970 of a year that begins in March, so that the leap day is its last one.
        let shifted = month < 2 ? year - 1 : year
        let yearDay = (153 * Int64((month + 10) % 12) + 2) / 5 + day - 1
        let days = 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + yearDay - 719_468
        return days * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
