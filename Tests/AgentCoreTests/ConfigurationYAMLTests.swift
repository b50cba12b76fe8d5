import Testing

@testable import AgentCore

@Suite("YAML, bounded and with its places")
struct ConfigurationYAMLTests {
    private func failure(_ bytes: [UInt8]) -> YAMLFailure? {
        do {
            _ = try YAMLTree.read(bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "What is no YAML is refused at its place",
        arguments: [
            ("a:\n\tb: 1", 2, 1), ("a: [1, 2\n", 2, 1), ("a: 'x", 1, 6), ("a: 1\n b: 2", 2, 3), ("a: @x", 1, 4),
            ("a: 1\n--- \nb: 2", 2, 1), ("a: *nothing", 1, 4), ("a: !!binary x", 1, 4), ("? [a]\n: b", 1, 3),
            ("grün: @x", 1, 7),
        ])
    func place(text: String, line: Int, column: Int) {
        let failure = failure(Array(text.utf8))
        #expect(failure?.line == line)
        #expect(failure?.column == column, "\(failure?.message ?? "")")
    }

    @Test("A tab for indentation is explained")
    func tab() {
        #expect(failure(Array("a:\n\tb: 1".utf8))?.suggestion == "indent with spaces, not with tabs")
    }

    @Test("A key that is given twice is refused")
    func duplicate() {
        let failure = failure(Array("a: 1\nb: 2\na: 3\n".utf8))
        #expect(failure?.message == "the key \"a\" is given twice in one mapping")
    }

    @Test("What is not UTF-8 is refused at its place", arguments: [([0x61, 0xFF], 2), ([0xC3, 0xBC, 0x0A, 0xC3], 1)])
    func encoding(bytes: [UInt8], column: Int) {
        let failure = failure(bytes)
        #expect(failure?.message == "the text is not UTF-8")
        #expect(failure?.column == column)
    }

    @Test(
        "UTF-16 and control characters are refused", arguments: [[0xFF, 0xFE, 0x61, 0x00], [0x61, 0x3A, 0x20, 0x01]])
    func otherEncodings(bytes: [UInt8]) {
        #expect(failure(bytes) != nil)
    }

    @Test("A text of more than a mebibyte is refused")
    func tooLong() {
        #expect(failure([UInt8](repeating: 0x23, count: YAMLTree.maximumBytes + 1)) != nil)
        #expect(failure([UInt8](repeating: 0x23, count: YAMLTree.maximumBytes)) == nil)
    }

    @Test("Deep nesting is refused", arguments: ["[", "{a: ", "- "])
    func deep(opener: String) {
        #expect(failure(Array(String(repeating: opener, count: 100_000).utf8)) != nil)
        #expect(failure(Array((String(repeating: "[", count: 40) + String(repeating: "]", count: 40)).utf8)) != nil)
    }

    @Test("A billion laughs are not laughed")
    func bomb() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let alias = "*a\(level - 1)"
            text += "a\(level): &a\(level) [\(Array(repeating: alias, count: 9).joined(separator: ", "))]\n"
        }
        text += "? *a9\n: x\n"
        #expect(failure(Array(text.utf8))?.message == "there are more than 16 aliases")
    }

    @Test("Sixteen aliases cannot make a document large")
    func smallBomb() {
        var text = "a0: &a0 [\(Array(repeating: "x", count: 400).joined(separator: ", "))]\n"
        for level in 1...5 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1), *a\(level - 1)]\n" }
        #expect(failure(Array(text.utf8))?.message == "the document has more than 100000 values")
    }

    @Test("Stars and ampersands in texts are no aliases")
    func stars() {
        let text = (0..<30).map { "k\($0): 'a *b'\n" }.joined() + "x: a&b\n"
        #expect(failure(Array(text.utf8)) == nil)
    }
}
