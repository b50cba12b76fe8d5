/// Prints binary values of common types as PostgreSQL would print them.
enum BinaryText {
    /// The text; `\x…` for types that are not known.
    static func text(_ bytes: ArraySlice<UInt8>, typeOID: UInt32) -> String {
        known(bytes, typeOID: typeOID) ?? hex(bytes)
    }

    private static func known(_ bytes: ArraySlice<UInt8>, typeOID: UInt32) -> String? {
        let column = PGColumn(name: "", typeOID: typeOID, format: .binary)
        let cell = PGCell(bytes: bytes, column: column)
        switch typeOID {
        case PGType.text, PGType.varchar, PGType.bpchar, PGType.name, PGType.json, PGType.xml, PGType.unknown,
            PGType.char:
            return String(decoding: bytes, as: UTF8.self)
        case PGType.jsonb:
            // jsonb_send writes a version number, 1, before the text.
            return bytes.first == 1 ? String(decoding: bytes.dropFirst(), as: UTF8.self) : nil
        case PGType.bool: return (try? Bool(decoding: cell, column: column)).map { $0 ? "t" : "f" }
        case PGType.int2, PGType.int4, PGType.int8, PGType.oid:
            return (try? Int64(decoding: cell, column: column)).map(String.init)
        case PGType.float4: return (try? Float(decoding: cell, column: column)).map { float($0) }
        case PGType.float8: return (try? Double(decoding: cell, column: column)).map { float($0) }
        case PGType.uuid: return bytes.count == 16 ? uuid(bytes) : nil
        case PGType.numeric: return numeric(bytes)
        case PGType.date: return (try? PGDate(decoding: cell, column: column))?.description
        case PGType.timestamp, PGType.timestamptz:
            return (try? PGTimestamp(decoding: cell, column: column))?.description
        default:
            return PGType.elements[typeOID] == nil ? nil : array(bytes)
        }
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        "\\x" + String(decoding: bytes.flatMap { [hexDigits[Int($0 >> 4)], hexDigits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)

    static func uuid(_ bytes: ArraySlice<UInt8>) -> String {
        var text: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            text.append(hexDigits[Int(byte >> 4)])
            text.append(hexDigits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The shortest text that reads back as the same number, in PostgreSQL's spelling: an exponent below 1e-4 and from
    /// 1e15 (`float8out`) or 1e6 (`float4out`) on.
    private static func float<T: BinaryFloatingPoint & LosslessStringConvertible>(_ value: T) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        if value.isZero { return value.sign == .minus ? "-0" : "0" }
        let (negative, digits, exponent) = decimal(value.description)
        let limit = T.significandBitCount > 23 ? 15 : 6
        var text = negative ? "-" : ""
        if exponent < -4 || exponent >= limit {
            text += digits.prefix(1)
            if digits.count > 1 { text += "." + digits.dropFirst() }
            let size = abs(exponent)
            text += (exponent < 0 ? "e-" : "e+") + (size < 10 ? "0\(size)" : "\(size)")
        } else if exponent < 0 {
            text += "0." + String(repeating: "0", count: -exponent - 1) + digits
        } else if digits.count <= exponent + 1 {
            text += digits + String(repeating: "0", count: exponent + 1 - digits.count)
        } else {
            text += digits.prefix(exponent + 1) + "." + digits.dropFirst(exponent + 1)
        }
        return text
    }

    /// Takes `-1.25e-07` apart: sign, significant digits, exponent of the first digit.
    private static func decimal(_ text: String) -> (negative: Bool, digits: String, exponent: Int) {
        var mantissa = Substring(text)
        var exponent = 0
        let negative = mantissa.hasPrefix("-")
        if negative { mantissa = mantissa.dropFirst() }
        if let mark = mantissa.firstIndex(of: "e") {
            exponent = Int(mantissa[mantissa.index(after: mark)...]) ?? 0
            mantissa = mantissa[..<mark]
        }
        let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        var digits = parts.joined()
        exponent += parts[0].count - 1
        while digits.hasPrefix("0"), digits.count > 1 {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
        return (negative, digits, exponent)
    }

    /// `numeric_send` in `src/backend/utils/adt/numeric.c`: digits of base 10,000.
    static func numeric(_ bytes: ArraySlice<UInt8>) -> String? {
        var reader = BinaryReader(bytes)
        guard let count = reader.int16(), let weight = reader.int16(), let sign = reader.int16(),
            let scale = reader.int16(), count >= 0, scale >= 0
        else { return nil }
        switch UInt16(bitPattern: sign) {
        case 0xC000: return "NaN"
        case 0xD000: return "Infinity"
        case 0xF000: return "-Infinity"
        default: break
        }
        var groups: [Int] = []
        for _ in 0..<count {
            guard let group = reader.int16(), (0..<10_000).contains(group) else { return nil }
            groups.append(Int(group))
        }
        func group(_ index: Int) -> String {
            let value = index >= 0 && index < groups.count ? groups[index] : 0
            return String(String(value + 10_000).dropFirst())
        }
        var whole = ""
        if weight >= 0 { for index in 0...Int(weight) { whole += group(index) } }
        whole = String(whole.drop { $0 == "0" })
        if whole.isEmpty { whole = "0" }
        var text = (sign == 0x4000 ? "-" : "") + whole
        if scale > 0 {
            var fraction = ""
            var index = Int(weight) + 1
            while fraction.utf8.count < Int(scale) {
                fraction += group(index)
                index += 1
            }
            text += "." + fraction.prefix(Int(scale))
        }
        return text
    }

    /// `array_out` for one dimension.
    private static func array(_ bytes: ArraySlice<UInt8>) -> String? {
        let (elements, oid) = ArrayFormat.binary(bytes)
        guard let elements else { return nil }
        let texts = elements.map { element in
            guard let element else { return "NULL" }
            let text = text(element, typeOID: oid)
            let needsQuotes =
                text.isEmpty || text.lowercased() == "null"
                || text.utf8.contains { "{},\"\\ \t\n\r\u{0B}\u{0C}".utf8.contains($0) }
            guard needsQuotes else { return text }
            var quoted = "\""
            for character in text.unicodeScalars {
                if character == "\"" || character == "\\" { quoted += "\\" }
                quoted.unicodeScalars.append(character)
            }
            return quoted + "\""
        }
        return "{" + texts.joined(separator: ",") + "}"
    }
}
