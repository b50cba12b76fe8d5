import Testing

@testable import AgentCore

@Suite("Names that complete a text")
struct NameMatchingTests {
    let names = ["orders", "customers", "Order_Items", "reorder", "näme"]

    @Test("Names that begin with the text come first, then those that hold it; case does not count")
    func order() {
        #expect(NameMatching.matches("ord", in: names) == ["orders", "Order_Items", "reorder"])
        #expect(NameMatching.matches("ORD", in: names) == ["orders", "Order_Items", "reorder"])
        #expect(NameMatching.matches("nä", in: names) == ["näme"])
        #expect(NameMatching.matches("", in: names) == names)
        #expect(NameMatching.matches("x", in: names).isEmpty)
        #expect(NameMatching.matches("longer than any name there is", in: names).isEmpty)
    }
}
