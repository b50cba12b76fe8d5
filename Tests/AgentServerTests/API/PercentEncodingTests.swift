import Testing

@testable import AgentServer

@Suite struct PercentEncodingTests {
    @Test(
        "A value of a query is what its escapes say, or nothing",
        arguments: [
            ("a+b", "a b"), ("%41%c3%A9", "Aé"), ("", ""), ("100%25", "100%"), ("%00", "\0"), ("%4", nil), ("%", nil),
            ("%zz", nil), ("%FF", nil), ("%C3", nil), ("%ED%A0%80", nil),
        ] as [(String, String?)])
    func decoded(text: String, value: String?) {
        #expect(PercentEncoding.decoded(text[...]) == value)
    }
}
