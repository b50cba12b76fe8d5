import Testing

@testable import AgentTerminal

@Suite("Keys from bytes")
struct KeyDecoderTests {
    static let cases: [(String, [Key])] = [
        ("a", [.text("a")]), ("é", [.text("é")]), ("日", [.text("日")]), ("👍", [.text("👍")]),
        ("\r", [.enter]), ("\n", [.newline]), ("\t", [.tab]), ("\u{7F}", [.backspace]), ("\u{8}", [.backspace]),
        ("\u{3}", [.control("c")]), ("\u{12}", [.control("r")]), ("\u{1F}", [.control("_")]),
        ("\u{1B}[A", [.up]), ("\u{1B}[B", [.down]), ("\u{1B}[C", [.right]), ("\u{1B}[D", [.left]),
        ("\u{1B}OA", [.up]), ("\u{1B}OH", [.home]), ("\u{1B}OF", [.end]), ("\u{1B}[H", [.home]), ("\u{1B}[4~", [.end]),
        ("\u{1B}[3~", [.delete]), ("\u{1B}[5~", [.pageUp]), ("\u{1B}[6~", [.pageDown]), ("\u{1B}[Z", [.backTab]),
        ("\u{1B}[1;5C", [.wordRight]), ("\u{1B}[1;3D", [.wordLeft]), ("\u{1B}[1;2C", [.right]),
        ("\u{1B}b", [.alt("b")]), ("\u{1B}\r", [.newline]), ("\u{1B}\u{7F}", [.control("w")]), ("\u{1B}é", [.alt("é")]),
        ("\u{1B}[13;3u", [.newline]), ("\u{1B}[200~a\r\nb\u{1B}[31m\u{1B}[201~c", [.paste("a\nb[31m"), .text("c")]),
        ("\u{1B}[200~\u{1B}\u{1B}[201~", [.paste("")]), ("\u{1B}[200~a\tb\u{7}\u{1B}[201~", [.paste("a\tb")]),
        ("\u{1B}[99;99;99~x", [.unknown, .text("x")]), ("\u{1B}[?1;2c", [.unknown]), ("\u{0}", [.unknown]),
    ]

    @Test("Each sequence is its key, wherever it is cut", arguments: cases)
    func sequences(text: String, keys: [Key]) {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            var decoder = KeyDecoder()
            #expect(decoder.feed(bytes[..<cut]) + decoder.feed(bytes[cut...]) == keys)
            #expect(!decoder.isPending)
        }
        var decoder = KeyDecoder()
        #expect(bytes.flatMap { decoder.feed([$0]) } == keys)
    }

    @Test("Esc alone is known by the silence behind it")
    func escape() {
        var decoder = KeyDecoder()
        #expect(decoder.feed([0x1B]) == [])
        #expect(decoder.isPending)
        #expect(decoder.flush() == [.escape])
        #expect(!decoder.isPending)
        #expect(decoder.flush() == [])
        #expect(decoder.feed([0x1B, 0x1B]) == [.escape])
    }

    @Test(
        "What is no UTF-8 is shown as such",
        arguments: [[0xFF], [0xC3, 0x28], [0xE3, 0x81], [0xC0, 0x80], [0x80]] as [[UInt8]])
    func malformed(bytes: [UInt8]) {
        var decoder = KeyDecoder()
        let keys = decoder.feed(bytes) + decoder.flush()
        #expect(keys.first == .text("\u{FFFD}"))
    }

    @Test("A control character of eight bits is no key", arguments: ["\u{9B}", "\u{85}"])
    func eightBits(text: String) {
        var decoder = KeyDecoder()
        #expect(decoder.feed(text.utf8) == [.unknown])
    }

    @Test("A sequence without an end and an endless paste take no more memory than they may")
    func bounded() {
        var decoder = KeyDecoder()
        _ = decoder.feed([0x1B, 0x5B] + Array(repeating: 0x31, count: 10_000))
        #expect(!decoder.isPending)
        decoder = KeyDecoder()
        let keys = decoder.feed(
            Array("\u{1B}[200~".utf8) + Array(repeating: 0x61, count: KeyDecoder.longestPaste + 5000)
                + Array("\u{1B}[201~".utf8))
        guard case .paste(let text) = keys.first else { return #expect(Bool(false)) }
        #expect(text.utf8.count == KeyDecoder.longestPaste)
    }
}
