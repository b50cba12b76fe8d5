import MCPProtocol
import Testing

@Suite("What was probably meant")
struct NearestSpellingTests {
    private static let keys = ["host", "port", "password", "statement_timeout", "lock_timeout", "timeout"]

    @Test(
        "A slip of the fingers finds its key",
        arguments: [
            ("prot", "port"), ("hots", "host"), ("statment_timeout", "statement_timeout"), ("pasword", "password"),
            ("Lock-Timeout", "lock_timeout"), ("tiemout", "timeout"),
        ])
    func near(written: String, meant: String) {
        #expect(NearestSpelling.of(written, among: Self.keys) == meant)
    }

    @Test("What is far from everything finds nothing", arguments: ["", "colour", "xyzzy"])
    func far(written: String) {
        #expect(NearestSpelling.of(written, among: Self.keys) == nil)
    }

    @Test("A hostile name costs nothing")
    func long() {
        #expect(NearestSpelling.of(String(repeating: "h", count: 1_000_000), among: Self.keys) == nil)
    }
}
