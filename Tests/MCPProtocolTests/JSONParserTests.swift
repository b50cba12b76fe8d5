import Foundation
import MCPProtocol
import TestSupport
import Testing

@Suite("JSON")
struct JSONParserTests {
    @Test(
        "Valid texts are read",
        arguments: [
            ("null", JSONValue.null), ("true", true), (" [ ] ", []), ("{}", [:]), ("0", 0), ("-1", -1),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            (#""a\u0062\n\ud83d\ude00""#, "ab\n😀"), (#"{"a":[1,{"b":null}]}"#, ["a": [1, ["b": .null]]]),
            (#""\/\"\\\b\f\r\t""#, "/\"\\\u{8}\u{c}\r\t"), ("\t\r\n 1 \n", 1),
        ] as [(String, JSONValue)])
    func valid(text: String, value: JSONValue) throws {
        #expect(try JSONValue.parse(text) == value)
    }

    @Test(
        "Numbers keep their literal",
        arguments: [
            "9223372036854775808", "-0", "1.0", "1.50", "1e5", "1E+5", "-2.5e-10", "0.1",
            "123456789012345678901234567890",
        ])
    func exactNumbers(literal: String) throws {
        let value = try JSONValue.parse(literal)
        #expect(value.description == literal)
        guard case .number(let number) = value else {
            Issue.record("\(literal) is not kept as a literal")
            return
        }
        #expect(number.literal == literal)
    }

    @Test(
        "Invalid texts are refused where they go wrong",
        arguments: [
            ("", 0), (" ", 1), ("nul", 3), ("tru ", 3), ("[1,]", 3), ("[1 2]", 3), ("{\"a\"}", 4), ("{\"a\":1,}", 7),
            ("{a:1}", 1), ("01", 0), ("1.", 0), (".5", 0), ("+1", 0), ("-", 0), ("1e", 0), ("1.2.3", 0), ("\"", 1),
            ("\"\\x\"", 1), ("\"\\u12\"", 1), ("\"\\u12G4\"", 1), ("\"\\ud800\"", 1), ("\"\\ud800\\u0041\"", 1),
            ("\"\\udc00\"", 1), ("\"a\u{1}\"", 2), ("\"a\nb\"", 2), ("1 2", 2), ("[]]", 2), ("\u{FEFF}1", 0),
            ("'a'", 0), ("NaN", 0), ("[", 1), ("{\"a\":1,\"a\":2}", 7), ("{\"a\":1,\"\\u0061\":2}", 7), ("/**/1", 0),
        ])
    func invalid(text: String, offset: Int) {
        do {
            let value = try JSONValue.parse(text)
            Issue.record("\(text) was read as \(value)")
        } catch {
            #expect(error.offset == offset)
        }
    }

    @Test("An error tells the line and the column in scalars")
    func place() {
        do {
            _ = try JSONValue.parse("{\"ä\": 1,\n  \"é\": x}")
        } catch {
            #expect(error.line == 2)
            #expect(error.column == 8)
        }
    }

    @Test(
        "Bytes that are not UTF-8 are refused", arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]])
    func badUTF8(bytes: [UInt8]) {
        #expect(throws: JSONParseError.self) { try JSONValue.parse([0x22, 0x61] + bytes + [0x22]) }
    }

    @Test("Nesting, size and strings are bounded")
    func limits() throws {
        let deep = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        _ = try JSONValue.parse(deep)
        #expect(throws: JSONParseError.self) { try JSONValue.parse("[" + deep + "]") }
        #expect(throws: JSONParseError.self) { try JSONValue.parse(String(repeating: "[", count: 1_000_000)) }
        #expect(throws: JSONParseError.self) { try JSONValue.parse("[1,2]", limits: JSONLimits(maximumBytes: 4)) }
        #expect(throws: JSONParseError.self) {
            try JSONValue.parse("\"abc\"", limits: JSONLimits(maximumStringBytes: 2))
        }
        #expect(throws: JSONParseError.self) { try JSONValue.parse(String(repeating: "1", count: 2000)) }
    }

    @Test("Keys that differ in bytes are two keys, however many there are")
    func keys() throws {
        #expect(try JSONValue.parse("{\"\u{E9}\":1,\"e\u{301}\":2}").object?.count == 2)
        let many = "{" + (0..<1000).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}"
        var object = try #require(try JSONValue.parse(many).object)
        #expect(object["k999"] == 999)
        object["k5"] = nil
        object["new"] = true
        #expect(object.count == 1000)
        #expect(object["k5"] == nil)
        #expect(object["k6"] == 6)
        #expect(object["new"] == true)
        #expect(throws: JSONParseError.self) { try JSONValue.parse(many.dropLast() + ",\"k7\":0}") }
    }

    @Test("What is written has no line end and reads back the same")
    func roundTrip() throws {
        var random = SeededNumbers(42)
        for _ in 0..<2000 {
            let value = random.value(depth: 4)
            let bytes = value.serialized()
            #expect(!bytes.contains { $0 < 0x20 })
            #expect(try JSONValue.parse(bytes) == value)
        }
    }

    @Test("A byte that has to be escaped is, wherever it stands in a text")
    func escapes() throws {
        for code in Array(0..<0x20) + [0x22, 0x5C, 0x7F] as [UInt8] {
            for place in 0...17 {
                // In front, within and behind what is looked at together, beside bytes that differ from it in one bit.
                var bytes = Array("a!#[]~\u{80}é a!#[]~\u{80}é".utf8)
                bytes.insert(code, at: place * 11 / 10)
                let text = String(decoding: bytes, as: UTF8.self)
                let written = JSONValue.string(text).serialized()
                #expect(!written.contains { $0 < 0x20 || $0 == 0x7F })
                #expect(try JSONValue.parse(written) == .string(text))
            }
        }
    }

    @Test("No bytes make the parser fail otherwise than by an error")
    func randomBytes() {
        var random = SeededNumbers(7)
        let alphabet = Array("{}[]\",:\\u0019eE+-.tfn \u{1}é😀".utf8) + [0xFF, 0xC0]
        for _ in 0..<20000 {
            let bytes = (0..<random.below(40)).map { _ in alphabet[random.below(alphabet.count)] }
            if let value = try? JSONValue.parse(bytes) {
                #expect((try? JSONValue.parse(value.serialized())) == value)
            }
        }
    }

    @Test("Every example of the newest revision reads back the same, and validates")
    func examples() throws {
        guard let folder = WireSchemas.folder?.appendingPathComponent("examples-2026-07-28") else { return }
        let schema = try #require(WireSchemas.schema(for: .july2026))
        var count = 0
        for type in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let directory = folder.appendingPathComponent(type)
            for file in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
                let value = try JSONValue.parse(try Data(contentsOf: directory.appendingPathComponent(file)))
                #expect(try JSONValue.parse(value.serialized()) == value)
                #expect(schema.problems(with: value, definition: type) == [], "\(type)/\(file)")
                count += 1
            }
        }
        #expect(count > 80)
    }
}

extension SeededNumbers {
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func text() -> String {
        let scalars: [Unicode.Scalar] = [
            "a", "\"", "\\", "\n", "\u{0}", "\u{1F}", "é", "\u{301}", "😀", "\u{2028}", "\u{7F}",
        ]
        return String(String.UnicodeScalarView((0..<below(12)).map { _ in scalars[below(scalars.count)] }))
    }

    mutating func value(depth: Int) -> JSONValue {
        switch below(depth > 0 ? 8 : 6) {
        case 0: return .null
        case 1: return .bool(below(2) == 0)
        case 2: return .integer(Int64(bitPattern: next()))
        case 3: return JSONValue(Double(Int64(bitPattern: next())) / 1000.5)
        case 4, 5: return .string(text())
        case 6: return .array((0..<below(5)).map { _ in value(depth: depth - 1) })
        default: return .object(JSONObject((0..<below(20)).map { _ in (text(), value(depth: depth - 1)) }))
        }
    }
}
