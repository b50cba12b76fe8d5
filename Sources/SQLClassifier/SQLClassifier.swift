/// Tells what a text of SQL would do, before any server sees it.
///
/// The classifier knows the union of the grammars of PostgreSQL 14 to 18. What it does not understand is never a read.
/// Time and memory are linear in the length of the text, whatever the nesting.
public enum SQLClassifier {
    /// Classifies a text.
    ///
    /// - Parameter sql: the text, one statement or several.
    /// - Returns: the statements and whether the whole is a read.
    public static func classify(_ sql: String) -> Verdict {
        var copy = sql
        return copy.withUTF8 { classify(utf8: $0) }
    }

    /// Classifies a text given as bytes, which need not be valid UTF-8.
    ///
    /// - Parameter bytes: the text.
    /// - Returns: the statements and whether the whole is a read.
    public static func classify(utf8 bytes: UnsafeBufferPointer<UInt8>) -> Verdict {
        withText(bytes) { base, count in
            if let reason = textFault(base, count) { return Verdict(statements: [], effect: .unknown, reason: reason) }
            var reader = StatementReader(base, count: count)
            return reader.readAll()
        }
    }

    /// Checks that a text is one expression that can stand between parentheses in a statement, such as a condition.
    ///
    /// The caller must put a line break after the text, since the text may end in a line comment.
    ///
    /// - Parameter text: the expression.
    /// - Returns: nil when the text is balanced, ends every string and comment that it begins, holds no semicolon and
    ///   no statement other than reads in parentheses; else why not.
    public static func checkExpression(_ text: String) -> Reason? {
        var copy = text
        return copy.withUTF8 { bytes in
            withText(bytes) { base, count in
                if let reason = textFault(base, count) { return reason }
                var reader = StatementReader(base, count: count)
                return reader.readExpression()
            }
        }
    }

    private static func textFault(_ base: UnsafePointer<UInt8>, _ count: Int) -> Reason? {
        TextCheck.fault(base, count: count).map { fault in
            var lines = LineCounter(base, count: count)
            return Reason(code: fault.code, message: fault.message, location: lines.location(of: fault.offset))
        }
    }

    /// An empty buffer may have no address; the lexer wants one all the same.
    private static func withText<Result>(
        _ bytes: UnsafeBufferPointer<UInt8>, _ body: (UnsafePointer<UInt8>, Int) -> Result
    ) -> Result {
        if let base = bytes.baseAddress { return body(base, bytes.count) }
        var nothing: UInt8 = 0
        return withUnsafePointer(to: &nothing) { body($0, 0) }
    }
}
