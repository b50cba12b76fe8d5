/// A `date`: days since 2000-01-01, with PostgreSQL's two infinities. Converts from both formats; text must be in the
/// ISO style, which is the server's default.
public struct PGDate: Sendable, Hashable, Comparable, PGDecodable, PGEncodable, CustomStringConvertible {
    /// Days since 2000-01-01.
    public var days: Int32

    /// Makes a date.
    /// - Parameter days: Days since 2000-01-01.
    public init(days: Int32) { self.days = days }

    /// Makes a date of the proleptic Gregorian calendar; the year before 1 is 0.
    /// - Parameters:
    ///   - year: The year.
    ///   - month: 1 to 12.
    ///   - day: 1 to 31.
    public init(year: Int, month: Int, day: Int) { days = Int32(clamping: Calendar.days(year, month, day)) }

    /// `-infinity`
    public static let negativeInfinity = PGDate(days: .min)
    /// `infinity`
    public static let infinity = PGDate(days: .max)

    /// Which date is earlier.
    public static func < (left: PGDate, right: PGDate) -> Bool { left.days < right.days }

    /// A `date`.
    public init(decoding cell: PGCell?, column: PGColumn) throws(PGError) {
        let cell = try Self.present(cell, column)
        guard column.typeOID == PGType.date else { throw Self.mismatch(column) }
        if column.format == .binary {
            var reader = BinaryReader(cell.bytes)
            guard let days = reader.int32(), reader.isAtEnd else { throw Self.mismatch(column) }
            self.days = days
            return
        }
        switch Calendar.parse(cell.bytes) {
        case .date(let days, microseconds: 0): self.days = Int32(clamping: days)
        case .infinity: self = .infinity
        case .negativeInfinity: self = .negativeInfinity
        default: throw Self.mismatch(column)
        }
    }

    /// A `date` in binary format.
    public var pgParameter: PGParameter {
        PGParameter(bytes: bigEndianBytes(days), typeOID: PGType.date, format: .binary)
    }

    /// As PostgreSQL prints it in the ISO style.
    public var description: String {
        switch days {
        case .min: return "-infinity"
        case .max: return "infinity"
        default:
            let (text, isBeforeChrist) = Calendar.text(days: Int(days))
            return isBeforeChrist ? text + " BC" : text
        }
    }
}

/// A `timestamp` or `timestamptz`: microseconds since 2000-01-01 00:00, which for `timestamptz` is UTC.
public struct PGTimestamp: Sendable, Hashable, Comparable, PGDecodable, PGEncodable, CustomStringConvertible {
    /// Microseconds since 2000-01-01 00:00.
    public var microseconds: Int64
    /// Whether it is a `timestamptz`.
    public var hasTimeZone: Bool

    /// Makes a timestamp.
    /// - Parameters:
    ///   - microseconds: Microseconds since 2000-01-01 00:00.
    ///   - hasTimeZone: Whether it is a `timestamptz`, so that 00:00 is UTC.
    public init(microseconds: Int64, hasTimeZone: Bool) {
        self.microseconds = microseconds
        self.hasTimeZone = hasTimeZone
    }

    /// Seconds since 1970-01-01 00:00, as Unix counts them.
    public var unixSeconds: Double { Double(microseconds) / 1_000_000 + 946_684_800 }

    /// Which is earlier.
    public static func < (left: PGTimestamp, right: PGTimestamp) -> Bool { left.microseconds < right.microseconds }

    /// A `timestamp` or `timestamptz`.
    public init(decoding cell: PGCell?, column: PGColumn) throws(PGError) {
        let cell = try Self.present(cell, column)
        guard column.typeOID == PGType.timestamp || column.typeOID == PGType.timestamptz else {
            throw Self.mismatch(column)
        }
        hasTimeZone = column.typeOID == PGType.timestamptz
        if column.format == .binary {
            guard cell.bytes.count == 8 else { throw Self.mismatch(column) }
            microseconds = Int64(bitPattern: BinaryReader.unsigned(cell.bytes))
            return
        }
        switch Calendar.parse(cell.bytes) {
        case .date(let days, let time):
            let (product, overflow) = Int64(days).multipliedReportingOverflow(by: Calendar.microsecondsPerDay)
            let (sum, more) = product.addingReportingOverflow(time)
            guard !overflow, !more else { throw Self.mismatch(column) }
            microseconds = sum
        case .infinity: microseconds = .max
        case .negativeInfinity: microseconds = .min
        case nil: throw Self.mismatch(column)
        }
    }

    /// A `timestamp` or `timestamptz` in binary format.
    public var pgParameter: PGParameter {
        PGParameter(
            bytes: bigEndianBytes(microseconds), typeOID: hasTimeZone ? PGType.timestamptz : PGType.timestamp,
            format: .binary)
    }

    /// As PostgreSQL prints it in the ISO style, `timestamptz` in UTC.
    public var description: String {
        switch microseconds {
        case .min: return "-infinity"
        case .max: return "infinity"
        default: break
        }
        let (days, rest) = Calendar.floorDivide(microseconds, Calendar.microsecondsPerDay)
        let (date, isBeforeChrist) = Calendar.text(days: Int(days))
        let seconds = rest / 1_000_000
        var text =
            "\(date) \(Calendar.two(seconds / 3600)):\(Calendar.two(seconds / 60 % 60)):\(Calendar.two(seconds % 60))"
        let fraction = rest % 1_000_000
        if fraction != 0 {
            var digits = String(fraction + 1_000_000).dropFirst()
            while digits.last == "0" { digits.removeLast() }
            text += "." + digits
        }
        if hasTimeZone { text += "+00" }
        return isBeforeChrist ? text + " BC" : text
    }
}

/// Dates without Foundation. The day arithmetic is Howard Hinnant's `days_from_civil` and `civil_from_days`.
enum Calendar {
    static let microsecondsPerDay: Int64 = 86_400_000_000
    /// Days from 1970-01-01 to 2000-01-01.
    private static let epoch = 10_957

    enum Parsed: Equatable {
        case date(days: Int, microseconds: Int64)
        case infinity
        case negativeInfinity
    }

    static func floorDivide(_ value: Int64, _ by: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: by)
        return remainder < 0 ? (quotient - 1, remainder + by) : (quotient, remainder)
    }

    static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468 - epoch
    }

    static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + epoch + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    static func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }

    static func text(days: Int) -> (String, isBeforeChrist: Bool) {
        let (year, month, day) = civil(days)
        let shown = year > 0 ? year : 1 - year
        let digits = String(shown)
        let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        return ("\(padded)-\(two(Int64(month)))-\(two(Int64(day)))", year <= 0)
    }

    /// `2024-02-29`, `2024-02-29 12:34:56.789+05:30`, `… BC`, `infinity`.
    static func parse(_ bytes: ArraySlice<UInt8>) -> Parsed? {
        var text = String(decoding: bytes, as: UTF8.self)
        if text == "infinity" { return .infinity }
        if text == "-infinity" { return .negativeInfinity }
        let isBeforeChrist = text.hasSuffix(" BC")
        if isBeforeChrist { text.removeLast(3) }
        let halves = text.split(separator: " ", omittingEmptySubsequences: false)
        let date = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        guard halves.count <= 2, date.count == 3, var year = Int(date[0]), let month = Int(date[1]),
            let day = Int(date[2]), (1...12).contains(month), (1...31).contains(day), year < 10_000_000
        else { return nil }
        if isBeforeChrist { year = 1 - year }
        var microseconds: Int64 = 0
        if halves.count == 2 {
            guard let time = parseTime(halves[1]) else { return nil }
            microseconds = time
        }
        return .date(days: days(year, month, day), microseconds: microseconds)
    }

    /// The time of day, less its offset from UTC.
    private static func parseTime(_ text: Substring) -> Int64? {
        var clock = text
        var offset: Int64 = 0
        if let sign = text.lastIndex(where: { $0 == "+" || $0 == "-" }) {
            clock = text[..<sign]
            guard let seconds = seconds(text[text.index(after: sign)...]) else { return nil }
            offset = (text[sign] == "-" ? -seconds : seconds) * 1_000_000
        }
        let parts = clock.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = seconds(parts[0]) else { return nil }
        var fraction: Int64 = 0
        if parts.count == 2 {
            guard parts[1].count <= 6, let digits = Int64(parts[1]), digits >= 0 else { return nil }
            fraction = (parts[1].count..<6).reduce(digits) { value, _ in value * 10 }
        }
        return whole * 1_000_000 + fraction - offset
    }

    /// `hh`, `hh:mm` or `hh:mm:ss` in seconds.
    private static func seconds(_ text: Substring) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count) else { return nil }
        var total: Int64 = 0
        for index in 0..<3 {
            guard index < parts.count else {
                total *= 60
                continue
            }
            guard parts[index].count <= 2, let value = Int64(parts[index]), value >= 0 else { return nil }
            total = total * 60 + value
        }
        return total
    }
}
