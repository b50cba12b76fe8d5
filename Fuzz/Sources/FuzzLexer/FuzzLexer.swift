import SQLClassifier

/// Any bytes get a verdict; what every verdict must satisfy is checked, so that a wrong one is a finding too.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLexer(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: data, count: size)
    let verdict = SQLClassifier.classify(utf8: bytes)
    precondition(verdict.isReadOnly == (verdict.reason == nil))
    precondition(!verdict.isReadOnly || verdict.statements.count == 1)
    for statement in verdict.statements {
        precondition(statement.range.lowerBound >= 0 && statement.range.upperBound <= size)
    }
    let text = String(decoding: bytes, as: UTF8.self)
    // A read stays one behind a comment, and is none beside another statement.
    if verdict.isReadOnly {
        precondition(SQLClassifier.classify("/* */" + text).isReadOnly)
        precondition(!SQLClassifier.classify("DELETE FROM t;" + text).isReadOnly)
        precondition(!SQLClassifier.classify(text + "\n; DELETE FROM t").isReadOnly)
    }
    // What passes as an expression leaves a statement a read.
    if SQLClassifier.checkExpression(text) == nil {
        precondition(SQLClassifier.classify("SELECT count(*) FROM t WHERE (\n" + text + "\n)").isReadOnly)
    }
    return 0
}
