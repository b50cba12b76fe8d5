/// Options with one dash, as programs written in Go take them: `-http`, `-no-auth`, `-config`.
enum SingleDash {
    /// Gives words of two letters and more behind a single dash a second one.
    ///
    /// `agentd` has no clusters of one-letter options that this could take apart wrongly. What follows `--` is left alone.
    static func rewrite(_ arguments: [String]) -> [String] {
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        return arguments[..<end].map { isWord($0) ? "-" + $0 : $0 } + arguments[end...]
    }

    private static func isWord(_ argument: String) -> Bool {
        let letters = argument.utf8.dropFirst().prefix { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") }
        return argument.utf8.first == UInt8(ascii: "-") && letters.count >= 2
    }
}
