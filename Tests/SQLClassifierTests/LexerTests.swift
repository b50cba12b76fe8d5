import Testing

@testable import SQLClassifier

/// The kinds of all tokens of a text, and what stopped the lexer.
func tokens(_ text: String) -> (kinds: [Token.Kind], spellings: [String], fault: LexicalFault?) {
    var copy = text
    return copy.withUTF8 { bytes in
        var nothing: UInt8 = 0
        return withUnsafePointer(to: &nothing) { empty in
            var lexer = Lexer(bytes, empty: empty)
            var kinds: [Token.Kind] = []
            var spellings: [String] = []
            while true {
                let token = lexer.next()
                if token.kind == .end { return (kinds, spellings, lexer.fault) }
                kinds.append(token.kind)
                spellings.append(
                    String(decoding: UnsafeBufferPointer(rebasing: bytes[token.start..<token.end]), as: UTF8.self))
            }
        }
    }
}

@Suite("Lexer")
struct LexerTests {
    @Test(
        "Texts are cut into tokens as scan.l cuts them",
        arguments: [
            ("a b", ["a", "b"]),
            ("a--b\rc", ["a", "c"]),
            ("a--b\nc", ["a", "c"]),
            ("a/*b/*c*/d*/e", ["a", "e"]),
            ("a/* ' \" $$ */b", ["a", "b"]),
            ("a\u{0B}b\u{0C}c", ["a", "b", "c"]),
            ("a\u{A0}b", ["a\u{A0}b"]),
            ("a+--b\n-1", ["a", "+", "-", "1"]),
            ("a*/*c*/b", ["a", "*", "b"]),
            ("a=-1", ["a", "=", "-", "1"]),
            ("a@-1", ["a", "@-", "1"]),
            ("a=+-+-1", ["a", "=", "+", "-", "+", "-", "1"]),
            ("a->>'b'", ["a", "->>", "'b'"]),
            ("a::b:=c=>d..e", ["a", "::", "b", ":=", "c", "=>", "d", "..", "e"]),
            ("'a''b'c", ["'a''b'", "c"]),
            (#"'a\'b'"#, nil),
            (#"'a\'b"#, [#"'a\'"#, "b"]),
            (#"e'a\'b'c"#, [#"e'a\'b'"#, "c"]),
            ("'a'\n'b'", ["'a'\n'b'"]),
            ("'a' 'b'", ["'a'", "'b'"]),
            ("'a' --c\r'b'", ["'a' --c\r'b'"]),
            ("'a' /*c\n*/ 'b'", ["'a'", "'b'"]),
            ("e'a'\n'\\''", ["e'a'\n'\\''"]),
            ("b'01'x'1F'n'a'", ["b'01'", "x'1F'", "n", "'a'"]),
            ("b'1''0'", ["b'1'", "'0'"]),
            ("$$a$b$$c", ["$$a$b$$", "c"]),
            ("$é$ $e$ ; $é$c", ["$é$ $e$ ; $é$", "c"]),
            ("$a$ $b$ $$ $a$", ["$a$ $b$ $$ $a$"]),
            ("$a$$$a$b", ["$a$$$a$", "b"]), ("$a$$$a$$a$", nil),
            ("a$b$c", ["a$b$c"]),
            ("$1 $2$a$b$a$", ["$1", "$2", "$a$b$a$"]),
            ("\"a\"\"b\".c", ["\"a\"\"b\"", ".", "c"]),
            (#"U&"d\0061t" x"#, [#"U&"d\0061t""#, "x"]),
            (#"U&"d!0061t" UESCAPE '!' x"#, [#"U&"d!0061t" UESCAPE '!'"#, "x"]),
            (#"u & 'a'"#, ["u", "&", "'a'"]),
            ("1 1.5 .5 5. 1e5 1e-5 1.e+5", ["1", "1.5", ".5", "5.", "1e5", "1e-5", "1.e+5"]),
            ("1..2", ["1", "..", "2"]),
            ("0x1F 0o17 0b11 1_000 1_0.0_1e1_0", ["0x1F", "0o17", "0b11", "1_000", "1_0.0_1e1_0"]),
            (
                "123abc 1into 0x 0xg 1_ 1e 1e+ 1.x",
                [
                    "123", "abc", "1", "into", "0", "x", "0", "xg", "1", "_", "1", "e", "1", "e", "+", "1.", "x",
                ]
            ),
            ("0x1Fg 1_000a", ["0", "x1Fg", "1", "_000a"]),
        ] as [(String, [String]?)])
    func cuts(text: String, expected: [String]?) {
        let result = tokens(text)
        if let expected {
            #expect(result.spellings == expected)
            #expect(result.fault == nil)
        } else {
            #expect(result.fault != nil)
        }
    }

    @Test(
        "What no version takes, or versions take differently, stops the lexer",
        arguments: [
            ("'a", .unterminated), ("\"a", .unterminated), ("/* /* */", .unterminated), ("$a$ $A$", .unterminated),
            ("$$ $", .unterminated), ("e'\\", .unterminated), ("e'a\\'", .unterminated), ("b'1", .unterminated),
            ("\"\"", .invalidToken), ("U&\"\"", .invalidToken), ("$a", .invalidToken), ("$", .invalidToken),
            ("a\\b", .invalidToken), ("{", .invalidToken), ("1_000$a$ into x --$a$", .invalidToken),
            ("0x1F$a$ into x --$a$", .invalidToken), (#"e'\u00'"#, .invalidEscape), (#"e'\u0000'"#, .invalidEscape),
            (#"e'\000'"#, .invalidEscape), (#"e'\x00'"#, .invalidEscape), (#"e'\ud800'"#, .invalidEscape),
            (#"e'\udc00'"#, .invalidEscape), (#"e'\ud800\u0041'"#, .invalidEscape), (#"e'\U00110000'"#, .invalidEscape),
            (#"U&'\00'"#, .invalidEscape), (#"U&"\zzzz""#, .invalidEscape), (#"U&'a' UESCAPE 'a'"#, .invalidEscape),
            (#"U&'a' UESCAPE '+'"#, .invalidEscape), (#"U&'a' UESCAPE"#, .invalidEscape),
        ] as [(String, Reason.Code)])
    func stops(text: String, code: Reason.Code) {
        #expect(tokens(text).fault?.code == code)
        #expect(!SQLClassifier.classify("SELECT " + text).isReadOnly)
    }

    @Test(
        "Valid escapes are read over",
        arguments: [
            #"e'\u0041\U00000041\x41\x4\101\7\b\n\q\\'''"#, #"e'\ud83d\ude00'"#, #"U&'\0041\+000041\\'''"#,
            #"U&"\d83d\de00""#,
        ])
    func takes(text: String) {
        #expect(tokens(text).fault == nil)
        #expect(tokens(text).spellings == [text])
    }

    @Test(
        "Bytes that PostgreSQL cannot be sent are named with their place",
        arguments: [
            ([0x61, 0x00], .nulByte, 1), ([0x80], .invalidUTF8, 0), ([0xC0, 0x80], .invalidUTF8, 0),
            ([0x61, 0xED, 0xA0, 0x80], .invalidUTF8, 1), ([0xF4, 0x90, 0x80, 0x80], .invalidUTF8, 0),
            ([0xE2, 0x82], .invalidUTF8, 0),
            ([0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0xFF], .invalidUTF8, 8),
        ] as [([UInt8], Reason.Code, Int)])
    func rejects(bytes: [UInt8], code: Reason.Code, offset: Int) {
        let verdict = bytes.withUnsafeBufferPointer { SQLClassifier.classify(utf8: $0) }
        #expect(verdict.reason?.code == code)
        #expect(verdict.reason?.location.offset == offset)
    }

    @Test("Keywords are found in any case, and nothing else is")
    func keywords() {
        for keyword in Keyword.allCases.dropFirst() {
            let spelling = KeywordTable.shared.capitals(of: keyword)
            for word in [spelling, spelling.lowercased()] {
                var copy = word
                let found = copy.withUTF8 { bytes in
                    bytes.baseAddress.map { KeywordTable.shared.find($0, length: bytes.count) }
                }
                #expect(found == keyword)
            }
        }
        for word in ["selec", "selects", "current_timestamq", "current_timestampp", "intö", "x", ""] {
            var copy = word
            let found = copy.withUTF8 { bytes in
                bytes.baseAddress.map { KeywordTable.shared.find($0, length: bytes.count) }
            }
            #expect(found ?? .notAKeyword == .notAKeyword)
        }
    }
}
