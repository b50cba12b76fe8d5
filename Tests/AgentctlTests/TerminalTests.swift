import AgentCore
import AgentTerminal
import Testing

@testable import agentctl

@Suite("CSV")
struct CSVTests {
    private let table = TextTable(
        columns: [.init(name: "id", alignsRight: true), .init(name: "name"), .init(name: "name")],
        rows: [["1", "日本", nil], ["20", "two\nlines", "NULL"], ["3", "", "\u{1B}[31mred"]])

    @Test(
        "A field of CSV is quoted where RFC 4180 asks for it, and NULL is not the empty string",
        arguments: [
            (nil, ""), ("", "\"\""), ("a", "a"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("a\nb", "\"a\nb\""), ("a\r\nb", "\"a\r\nb\""), ("=1+1", "=1+1"), (" x", "\" x\""), ("\\.", "\"\\.\""),
            ("-5", "-5"),
        ] as [(String?, String)])
    func csvField(value: String?, field: String) {
        #expect(CSV.field(value) == field)
    }

    @Test("CSV keeps columns of the same name apart")
    func csv() {
        #expect(CSV.text(table).hasPrefix("id,name,name\n1,日本,\n20,\"two\nlines\",NULL\n"))
    }
}

@Suite("Characters that terminals act on")
struct ControlCharacterTests {
    @Test("Logs, messages and terminals hold the same characters back")
    func sameList() {
        let differing = (UInt32(0)...0x10FFFF).compactMap(Unicode.Scalar.init).filter {
            PlainText.isControl($0) != ControlCharacter.isControl($0)
        }
        #expect(differing.isEmpty)
    }
}
