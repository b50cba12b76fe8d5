#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A moment, to the second, in UTC: what files say of creation, expiry and last use.
public struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Seconds since 1970-01-01T00:00:00Z.
    public let seconds: Int64

    /// Makes a moment.
    ///
    /// - Parameter seconds: Seconds since 1970-01-01T00:00:00Z.
    public init(seconds: Int64) {
        self.seconds = seconds
    }

    /// The system's clock.
    public static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec))
    }

    /// The moment a duration later; whole seconds, rounded down.
    public static func + (moment: Timestamp, duration: Duration) -> Timestamp {
        let (sum, overflow) = moment.seconds.addingReportingOverflow(duration.components.seconds)
        return overflow ? moment : Timestamp(seconds: sum)
    }

    /// The moment a duration earlier; whole seconds, rounded down.
    public static func - (moment: Timestamp, duration: Duration) -> Timestamp {
        moment + (.zero - duration)
    }

    /// Earlier moments are less.
    public static func < (one: Timestamp, other: Timestamp) -> Bool {
        one.seconds < other.seconds
    }

    /// RFC 3339 in UTC, for example `2026-11-22T17:00:00Z`.
    public var text: String {
        let (days, second) = seconds.quotientAndRemainder(dividingBy: 86400)
        let secondOfDay = second < 0 ? second + 86400 : second
        let (year, month, day) = Self.civil(second < 0 ? days - 1 : days)
        let date = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
        let (hour, minute) = (secondOfDay / 3600, secondOfDay / 60 % 60)
        return "\(date)T\(Self.padded(hour, 2)):\(Self.padded(minute, 2)):\(Self.padded(secondOfDay % 60, 2))Z"
    }

    /// The same as ``text``.
    public var description: String { text }

    /// Reads RFC 3339: `2026-11-22T17:00:00Z`, an offset such as `+02:00`, a fraction (dropped), or a date alone, which is
    /// its first second in UTC.
    ///
    /// - Parameter text: The text; `nil` is returned for anything else and for dates that do not exist.
    public init?(_ text: some StringProtocol) {
        var reader = DigitReader(text.utf8)
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year)
        else { return nil }
        var seconds = Self.days(year, month, day) * 86400
        if !reader.isAtEnd {
            guard reader.skip("T") || reader.skip("t") || reader.skip(" "), let hour = reader.number(2),
                reader.skip(":"), let minute = reader.number(2), reader.skip(":"), let second = reader.number(2),
                hour < 24, minute < 60, second <= 60
            else { return nil }
            seconds += hour * 3600 + minute * 60 + second
            if reader.skip(".") { guard reader.skipDigits() else { return nil } }
            if !reader.skip("Z"), !reader.skip("z") {
                let isEast = reader.skip("+")
                guard isEast || reader.skip("-"), let hours = reader.number(2), reader.skip(":"),
                    let minutes = reader.number(2), hours < 24, minutes < 60
                else { return nil }
                seconds += (hours * 3600 + minutes * 60) * (isEast ? -1 : 1)
            }
            guard reader.isAtEnd else { return nil }
        }
        self.seconds = seconds
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01 in the proleptic Gregorian calendar: years begin in March, so that leap days come last, and
    /// 400 years are 146,097 days.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468
    }

    /// The reverse of the above.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719468
        let era = (shifted >= 0 ? shifted : shifted - 146096) / 146097
        let dayOfEra = shifted - era * 146097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

/// Takes fixed-width numbers and single characters off the front of a text.
private struct DigitReader<Bytes: Collection<UInt8>> {
    private var rest: Bytes.SubSequence

    init(_ bytes: Bytes) {
        rest = bytes[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func number(_ width: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<width {
            guard let digit = rest.first, (48...57).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - 48)
            rest = rest.dropFirst()
        }
        return value
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// At least one digit, and all that follow it.
    mutating func skipDigits() -> Bool {
        let end = rest.prefix { (48...57).contains($0) }
        rest = rest[end.endIndex...]
        return !end.isEmpty
    }
}
