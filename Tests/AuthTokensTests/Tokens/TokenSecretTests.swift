import AuthTokens
import Foundation
import Testing

@Suite("The text of a token")
struct TokenSecretTests {
    @Test("A token has the form that scanners look for, and no two are alike")
    func form() throws {
        let pattern = try Regex("pga_[A-Za-z0-9_-]{43}_[0-9A-Za-z]{6}")
        var seen: Set<String> = []
        for _ in 0..<500 {
            let token = TokenSecret()
            #expect(token.text.wholeMatch(of: pattern) != nil)
            #expect(token.text.utf8.count == TokenSecret.length)
            #expect(TokenSecret.isWellFormed(token.text))
            #expect(seen.insert(token.text).inserted)
            #expect(!"\(token)".contains(token.text.dropFirst(4)))
        }
    }

    @Test("The checksum is the CRC-32 of the text before it, in base 62")
    func checksum() {
        let body = "pga_" + String(repeating: "A", count: 43)
        #expect(TokenSecret.isWellFormed(body + "_" + ReferenceChecksum.of(body)))
    }

    @Test("Another character anywhere is noticed")
    func altered() {
        let bytes = Array(TokenSecret().text.utf8)
        for index in bytes.indices {
            var altered = bytes
            altered[index] = altered[index] == UInt8(ascii: "A") ? UInt8(ascii: "E") : UInt8(ascii: "A")
            #expect(!TokenSecret.isWellFormed(String(decoding: altered, as: UTF8.self)))
            altered.remove(at: index)
            #expect(!TokenSecret.isWellFormed(String(decoding: altered, as: UTF8.self)))
        }
        for text in ["", "pga_", "é", String(repeating: "a", count: 54)] { #expect(!TokenSecret.isWellFormed(text)) }
    }

    @Test("Neither reflection nor description shows a token")
    func hidden() {
        let token = TokenSecret()
        var dumped = ""
        dump(token, to: &dumped)
        #expect(!(dumped + String(reflecting: token)).contains(token.text.dropFirst(4)))
    }
}

/// The checksum once more, by a table as zlib computes it.
private enum ReferenceChecksum {
    static func of(_ text: String) -> String {
        let table: [UInt32] = (0..<256).map { byte in
            (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
        }
        var value: UInt32 = 0xFFFF_FFFF
        for byte in text.utf8 { value = table[Int((value ^ UInt32(byte)) & 0xFF)] ^ (value >> 8) }
        var rest = UInt64(value ^ 0xFFFF_FFFF)
        let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        var result = ""
        for _ in 0..<6 {
            result = String(digits[Int(rest % 62)]) + result
            rest /= 62
        }
        return result
    }
}
