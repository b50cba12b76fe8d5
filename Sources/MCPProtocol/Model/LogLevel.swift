/// The severity of a log message, as in RFC 5424.
public enum LogLevel: String, Sendable, Hashable, CaseIterable, Comparable {
    /// For developers.
    case debug
    /// What happens normally.
    case info
    /// Normal, but worth a look.
    case notice
    /// Not as it should be.
    case warning
    /// Something failed.
    case error
    /// A part does not work.
    case critical
    /// Somebody has to act now.
    case alert
    /// Nothing works.
    case emergency

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// The order of severity.
    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }
}
