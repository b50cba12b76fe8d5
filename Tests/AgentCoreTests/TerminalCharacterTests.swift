import MCPProtocol
import Testing

@testable import AgentCore

@Suite("Characters that steer a terminal or hide text")
struct TerminalCharacterTests {
    static let hostile: [Unicode.Scalar] = [
        "\u{0}", "\u{7}", "\u{8}", "\u{1B}", "\u{7F}", "\u{80}", "\u{9B}", "\u{9D}", "\u{61C}", "\u{200E}", "\u{200F}",
        "\u{2028}", "\u{2029}", "\u{202A}", "\u{202E}", "\u{2066}", "\u{2069}", "\u{206A}", "\u{FEFF}", "\u{FFF9}",
        "\u{E0001}", "\u{E0041}",
    ]

    @Test("Are told from those that a text is written in", arguments: hostile)
    func control(scalar: Unicode.Scalar) {
        #expect(PlainText.isControl(scalar))
        let text = "a\(scalar)b"
        #expect(!PlainText.escaped(text).unicodeScalars.contains(where: PlainText.isControl))
        #expect(!SafeText.clean(text).unicodeScalars.contains(where: PlainText.isControl))
        #expect(SafeText.cleanLine(text) == "a\u{FFFD}b")
    }

    @Test("Letters, marks and emoji stay", arguments: ["é", "日本", "👨‍👩‍👧", "مرحبا", "שלום", "a\u{301}", "\u{A0}", "€"])
    func harmless(text: String) {
        #expect(PlainText.escaped(text) == text)
        #expect(PlainText.jsonForTerminals(JSONValue.string(text).serialized()) == "\"\(text)\"")
    }

    @Test("JSON for a terminal holds none of them, and means the same", arguments: hostile)
    func json(scalar: Unicode.Scalar) throws {
        let value: JSONValue = ["k\(scalar)": .string("a\(scalar)\"\\\nb")]
        let text = PlainText.jsonForTerminals(value.serialized())
        #expect(!text.unicodeScalars.contains(where: PlainText.isControl))
        #expect(try JSONValue.parse(text) == value)
    }
}
