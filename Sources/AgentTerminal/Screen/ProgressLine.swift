/// The line that says that something goes on, and for how long.
public enum ProgressLine {
    private static let wheel = ["|", "/", "-", "\\"]

    /// The line.
    ///
    /// - Parameters:
    ///   - label: What goes on.
    ///   - elapsed: For how long.
    ///   - tick: How often it was drawn, for the wheel.
    ///   - hint: What a key would do.
    ///   - width: How many columns there are.
    public static func text(
        _ label: String, elapsed: Duration, tick: Int, hint: String, width: Int
    ) -> SafeText {
        let line = SafeText("\(wheel[abs(tick % 4)]) \(label) \(seconds(elapsed))", .dim)
        let whole = line + SafeText("  \(hint)", .dim)
        return whole.width < width ? whole : line.shortened(to: max(1, width - 1))
    }

    /// A time for people: `0.4 s`, `12 s`, `3 min 5 s`.
    public static func seconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        if seconds < 10 { return "\(seconds).\(attoseconds / 100_000_000_000_000_000) s" }
        return seconds < 60 ? "\(seconds) s" : "\(seconds / 60) min \(seconds % 60) s"
    }
}
