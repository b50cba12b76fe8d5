extension Array: PGDecodable where Element: PGDecodable {
    /// An array of one dimension, or a `bytea` as `[UInt8]`. Elements that are NULL need an optional element type.
    ///
    /// The formats are those of `array_in`/`array_recv` in PostgreSQL's `src/backend/utils/adt/arrayfuncs.c`.
    public init(decoding cell: PGCell?, column: PGColumn) throws(PGError) {
        let cell = try Self.present(cell, column)
        if column.typeOID == PGType.bytea, let bytes = Bytea.bytes(cell, column) as? Self {
            self = bytes
            return
        }
        let elements: [ArraySlice<UInt8>?]?
        let elementOID: UInt32
        switch column.format {
        case .binary: (elements, elementOID) = ArrayFormat.binary(cell.bytes)
        case .text:
            elements = ArrayFormat.text(cell.bytes)
            elementOID = PGType.elements[column.typeOID] ?? 0
        }
        guard let elements else { throw Self.mismatch(column) }
        let elementColumn = PGColumn(name: column.name, typeOID: elementOID, format: column.format)
        var result: [Element] = []
        result.reserveCapacity(elements.count)
        for element in elements {
            result.append(
                try Element(
                    decoding: element.map { PGCell(bytes: $0, column: elementColumn) }, column: elementColumn))
        }
        self = result
    }
}

extension UInt8: PGDecodable {
    /// An integer from 0 to 255; it exists so that `[UInt8]` can be decoded, which is a `bytea`.
    public init(decoding cell: PGCell?, column: PGColumn) throws(PGError) {
        guard let value = UInt8(exactly: try Int(decoding: cell, column: column)) else { throw Self.mismatch(column) }
        self = value
    }
}

/// `bytea` in both formats: `src/backend/utils/adt/varlena.c`.
enum Bytea {
    static func bytes(_ cell: PGCell, _ column: PGColumn) -> [UInt8]? {
        if column.format == .binary { return Array(cell.bytes) }
        let text = cell.bytes
        let start = text.startIndex
        if text.count >= 2, text[start] == UInt8(ascii: "\\"), text[start + 1] == UInt8(ascii: "x") {
            return hex(text.dropFirst(2))
        }
        return escaped(text)
    }

    private static func hex(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(text.count / 2)
        var index = text.startIndex
        while index < text.endIndex {
            guard let high = digit(text[index]), let low = digit(text[index + 1]) else { return nil }
            result.append(high << 4 | low)
            index += 2
        }
        return result
    }

    /// `bytea_output = escape`: a backslash doubled, or before three octal digits.
    private static func escaped(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            index += 1
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            guard index < text.endIndex else { return nil }
            if text[index] == UInt8(ascii: "\\") {
                result.append(byte)
                index += 1
                continue
            }
            guard text.endIndex - index >= 3 else { return nil }
            var value = 0
            for octal in text[index..<index + 3] {
                guard octal >= UInt8(ascii: "0"), octal <= UInt8(ascii: "7") else { return nil }
                value = value * 8 + Int(octal - UInt8(ascii: "0"))
            }
            guard value < 256 else { return nil }
            result.append(UInt8(value))
            index += 3
        }
        return result
    }

    static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// Splits an array into its elements.
enum ArrayFormat {
    static func binary(_ bytes: ArraySlice<UInt8>) -> (elements: [ArraySlice<UInt8>?]?, oid: UInt32) {
        var reader = BinaryReader(bytes)
        guard let dimensions = reader.int32(), reader.int32() != nil, let oid = reader.uint32() else { return (nil, 0) }
        if dimensions == 0 { return ([], oid) }
        guard dimensions == 1, let count = reader.int32(), reader.int32() != nil, count >= 0 else { return (nil, oid) }
        var elements: [ArraySlice<UInt8>?] = []
        for _ in 0..<count {
            guard let length = reader.int32() else { return (nil, oid) }
            if length == -1 {
                elements.append(nil)
            } else if let element = reader.bytes(Int(length)) {
                elements.append(element)
            } else {
                return (nil, oid)
            }
        }
        return reader.isAtEnd ? (elements, oid) : (nil, oid)
    }

    /// `{a,"b \" c",NULL}`, also with explicit bounds `[0:2]={…}`; nil for more than one dimension.
    static func text(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>?]? {
        var text = bytes
        if text.first == UInt8(ascii: "[") {
            guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            text = text[(equals + 1)...]
        }
        guard text.first == UInt8(ascii: "{"), text.last == UInt8(ascii: "}"), text.count >= 2 else { return nil }
        text = text.dropFirst().dropLast()
        var elements: [ArraySlice<UInt8>?] = []
        if text.isEmpty { return elements }
        var index = text.startIndex
        while true {
            var element: [UInt8] = []
            var quoted = false
            if index < text.endIndex, text[index] == UInt8(ascii: "\"") {
                quoted = true
                index += 1
                while index < text.endIndex, text[index] != UInt8(ascii: "\"") {
                    if text[index] == UInt8(ascii: "\\") { index += 1 }
                    guard index < text.endIndex else { return nil }
                    element.append(text[index])
                    index += 1
                }
                guard index < text.endIndex else { return nil }
                index += 1
            } else {
                while index < text.endIndex, text[index] != UInt8(ascii: ",") {
                    if text[index] == UInt8(ascii: "{") { return nil }
                    if text[index] == UInt8(ascii: "\\") { index += 1 }
                    guard index < text.endIndex else { return nil }
                    element.append(text[index])
                    index += 1
                }
            }
            let isNull = !quoted && element.count == 4 && String(decoding: element, as: UTF8.self) == "NULL"
            elements.append(isNull ? nil : element[...])
            if index == text.endIndex { return elements }
            guard text[index] == UInt8(ascii: ",") else { return nil }
            index += 1
        }
    }
}
