/// The `traceparent` field of W3C Trace Context, level 1, section 3.2: `00-<trace id>-<parent id>-<flags>`.
struct TraceParent: Sendable, Hashable {
    /// Names the trace, 32 lower-case hexadecimal digits.
    let traceID: String
    /// Names the span that the request belongs to, 16 lower-case hexadecimal digits.
    let parentID: String

    /// Reads the field; nil for anything that is not one. Versions after 00 may have more after the flags.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 55 || bytes.count > 55 && bytes.count <= 200 && bytes[55] == UInt8(ascii: "-"),
            [2, 35, 52].allSatisfy({ bytes[$0] == UInt8(ascii: "-") })
        else { return nil }
        func isHexadecimal(_ range: Range<Int>) -> Bool {
            bytes[range].allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        }
        func isZero(_ range: Range<Int>) -> Bool { bytes[range].allSatisfy { $0 == UInt8(ascii: "0") } }
        guard isHexadecimal(0..<2), isHexadecimal(3..<35), isHexadecimal(36..<52), isHexadecimal(53..<55),
            !isZero(3..<35), !isZero(36..<52)
        else { return nil }
        let version = bytes[0..<2]
        // ff is no version, and 00 ends here.
        if version.elementsEqual("ff".utf8) || version.elementsEqual("00".utf8) && bytes.count != 55 { return nil }
        traceID = String(decoding: bytes[3..<35], as: UTF8.self)
        parentID = String(decoding: bytes[36..<52], as: UTF8.self)
    }
}
