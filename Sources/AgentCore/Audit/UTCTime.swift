#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A point in time in UTC, to the microsecond, as records keep it.
public struct UTCTime: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public let microseconds: Int64

    /// A time.
    ///
    /// - Parameter microseconds: Microseconds since 1970-01-01T00:00:00Z.
    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// The time on the system's clock.
    public static var now: UTCTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UTCTime(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    /// Whether one time is before another.
    public static func < (one: UTCTime, other: UTCTime) -> Bool { one.microseconds < other.microseconds }

    /// RFC 3339 with microseconds: `2026-11-22T17:09:48.000000Z`.
    public var description: String {
        let (seconds, fraction) = Self.divided(microseconds, by: 1_000_000)
        let (days, second) = Self.divided(seconds, by: 86_400)
        let date = CivilDate(days: days)
        let clock = [second / 3600, second / 60 % 60, second % 60].map { Self.padded($0, 2) }.joined(separator: ":")
        return "\(date)T\(clock).\(Self.padded(fraction, 6))Z"
    }

    /// The time that a text names.
    ///
    /// - Parameter text: RFC 3339 (`2026-11-22T17:09:48.5Z`, with an offset too), or a day (`2026-11-22`), or a day and
    ///   a time of day, which are in UTC. A space may stand for the `T`. nil for anything else.
    public init?(_ text: String) {
        var scanner = Scanner(bytes: Array(text.utf8))
        guard let year = scanner.number(digits: 4), scanner.take("-"), let month = scanner.number(digits: 2),
            scanner.take("-"), let day = scanner.number(digits: 2),
            let days = CivilDate(year: year, month: month, day: day).days
        else { return nil }
        var total = days * 86_400_000_000
        if !scanner.isAtEnd {
            guard scanner.take("T") || scanner.take("t") || scanner.take(" "),
                let time = scanner.timeOfDay(), let offset = scanner.offset(), scanner.isAtEnd
            else { return nil }
            total += time - offset
        }
        microseconds = total
    }

    private static func divided(_ value: Int64, by divisor: Int64) -> (Int64, Int64) {
        let quotient = value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
        return (quotient, value - quotient * divisor)
    }

    fileprivate static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

/// A day of the Gregorian calendar, by Howard Hinnant's algorithms (chrono-compatible low-level date algorithms).
private struct CivilDate: CustomStringConvertible {
    var year: Int64
    var month: Int64
    var day: Int64

    init(year: Int64, month: Int64, day: Int64) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// The day that is so many days after 1970-01-01.
    init(days: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days since 1970-01-01; nil for a day that does not exist.
    var days: Int64? {
        guard (1...12).contains(month), day >= 1 else { return nil }
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        let back = CivilDate(days: days)
        return back.month == month && back.day == day ? days : nil
    }

    var description: String { "\(UTCTime.padded(year, 4))-\(UTCTime.padded(month, 2))-\(UTCTime.padded(day, 2))" }
}

/// Reads the parts of a time.
private struct Scanner {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ character: Character) -> Bool {
        guard position < bytes.count, bytes[position] == character.asciiValue else { return false }
        position += 1
        return true
    }

    mutating func digit() -> Int64? {
        guard position < bytes.count, (0x30...0x39).contains(bytes[position]) else { return nil }
        defer { position += 1 }
        return Int64(bytes[position] - 0x30)
    }

    mutating func number(digits: Int) -> Int64? {
        var number: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    /// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.ffffff` in microseconds.
    mutating func timeOfDay() -> Int64? {
        guard let hour = number(digits: 2), hour < 24, take(":"), let minute = number(digits: 2), minute < 60 else {
            return nil
        }
        var total = (hour * 60 + minute) * 60_000_000
        guard take(":") else { return total }
        // 60: a leap second.
        guard let second = number(digits: 2), second <= 60 else { return nil }
        total += second * 1_000_000
        guard take(".") else { return total }
        var unit: Int64 = 100_000
        guard let first = digit() else { return nil }
        total += first * unit
        while let next = digit() {
            unit /= 10
            total += next * unit
        }
        return total
    }

    /// `Z`, nothing, or `+hh:mm` in microseconds.
    mutating func offset() -> Int64? {
        if isAtEnd || take("Z") || take("z") { return 0 }
        let sign: Int64 = take("-") ? -1 : 1
        if sign == 1, !take("+") { return nil }
        guard let hour = number(digits: 2), hour < 24, take(":"), let minute = number(digits: 2), minute < 60 else {
            return nil
        }
        return sign * (hour * 60 + minute) * 60_000_000
    }
}
