import CLibFuzzer
import SQLClassifier

// Any bytes get a verdict; what every verdict must satisfy is checked, so that a wrong one is a finding too.

var arguments = CommandLine.argc
var values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
_ = withUnsafeMutablePointer(to: &values) { pointer in
    pointer.withMemoryRebound(to: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?.self, capacity: 1) { rebound in
        LLVMFuzzerRunDriver(&arguments, rebound) { data, size in
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
                precondition(!SQLClassifier.classify("EXPLAIN ANALYZE WITH x AS (DELETE FROM t) " + text).isReadOnly)
            }
            // What passes as an expression leaves a statement a read.
            if SQLClassifier.checkExpression(text) == nil {
                precondition(SQLClassifier.classify("SELECT count(*) FROM t WHERE (\n" + text + "\n)").isReadOnly)
            }
            return 0
        }
    }
}
