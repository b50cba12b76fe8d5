import Testing

@testable import SQLClassifier

@Suite("Identifier")
struct IdentifierTests {
    @Test(
        "A name is quoted exactly when the server's quote_ident would quote it",
        arguments: [
            ("a", "a"), ("_a1", "_a1"), ("A", "\"A\""), ("a b", "\"a b\""), ("a\"b", "\"a\"\"b\""), ("1a", "\"1a\""),
            ("select", "\"select\""), ("left", "\"left\""), ("int", "\"int\""), ("name", "name"), ("é", "\"é\""),
            ("", "\"\""),
            ("a$", "\"a$\""),
        ])
    func quote(name: String, expected: String) {
        #expect(Identifier.quote(name) == expected)
    }

    @Test(
        "An unquoted name is folded and cut to 63 bytes at a character",
        arguments: [
            ("ABC", "abc"), ("ÄB", "Äb"), (String(repeating: "A", count: 70), String(repeating: "a", count: 63)),
            (String(repeating: "a", count: 62) + "é", String(repeating: "a", count: 62)),
        ])
    func fold(name: String, expected: String) {
        #expect(Identifier.fold(name) == expected)
    }

    @Test(
        "Every spelling of a name is one name",
        arguments: [
            "set_config('a', 'b', false)", "SET_CONFIG('a', 'b', false)", "\"set_config\"('a', 'b', false)",
            "U&\"set\\005fconfig\"('a', 'b', false)", "U&\"set!005fconfig\" UESCAPE '!' ('a', 'b', false)",
            "set_config /* */ --\n (1)",
        ])
    func spellings(call: String) {
        for prefix in ["", "pg_catalog.", "pg_catalog . /* */ ", "\"pg_catalog\"\r.\n"] {
            let verdict = SQLClassifier.classify("SELECT " + prefix + call)
            #expect(verdict.statements.first?.functions.last?.name.name == "set_config")
            #expect(verdict.statements.first?.functions.last?.name.schema == (prefix.isEmpty ? nil : "pg_catalog"))
        }
    }
}
