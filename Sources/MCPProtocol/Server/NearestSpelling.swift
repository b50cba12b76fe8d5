internal import Spelling

/// What somebody probably meant, for a "did you mean".
public enum NearestSpelling {
    /// The candidate that is fewest edits away, when it is near enough to be a slip of the fingers.
    ///
    /// An edit is a character more, less, other, or two neighbours exchanged (optimal string alignment). Upper and lower
    /// case, `-` and `_` are not told apart.
    ///
    /// - Parameters:
    ///   - text: What was written.
    ///   - candidates: What would have been right, in order of preference.
    /// - Returns: The nearest candidate, or `nil` when all are more than a third of the text away.
    public static func of(_ text: String, among candidates: some Sequence<String>) -> String? {
        Spelling.nearest(to: text, among: candidates)
    }
}
