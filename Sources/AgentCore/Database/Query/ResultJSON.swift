public import MCPProtocol

extension QueryResult {
    /// The result as structured content: `columns`, `rowCount`, `truncated`, `nextOffset`, `elapsedMs`, and `rows`.
    ///
    /// Integers and numerics stay exact, booleans become booleans, `json` and `jsonb` are embedded, NULL is null; all
    /// else, and what JSON cannot say (`NaN`, `Infinity`), is a string as PostgreSQL prints it.
    ///
    /// - Parameter includeRows: whether the rows are wanted too.
    public func structured(includeRows: Bool) -> JSONValue {
        var object = JSONObject()
        object["columns"] = .array(
            columns.map { ["name": .string($0.name), "type": .string($0.type)] })
        object["rowCount"] = .integer(Int64(rowCount))
        object["truncated"] = .bool(truncated != nil)
        object["nextOffset"] = nextOffset.map { .integer(Int64($0)) } ?? .null
        object["elapsedMs"] = JSONValue(elapsed.milliseconds)
        if includeRows { object["rows"] = rowsJSON() }
        return .object(object)
    }

    /// The rows as JSON, by the rules of ``structured(includeRows:)``.
    ///
    /// - Parameter wideNumbersAsText: whether `bigint` and `numeric` are strings: most programs read a number of JSON into
    ///   64 bits of binary floating point, which does not hold them.
    package func rowsJSON(wideNumbersAsText: Bool = false) -> JSONValue {
        let kinds = columns.map { JSONKind(typeOID: $0.typeOID, wideNumbersAsText: wideNumbersAsText) }
        var place = rows.start
        return .array((0..<rows.count).map { _ in .array(kinds.map { $0.value(of: rows.next(&place)) }) })
    }
}

/// How values of a type are written in JSON.
private enum JSONKind {
    case boolean, number, json, text

    init(typeOID: UInt32, wideNumbersAsText: Bool) {
        switch typeOID {
        case 16: self = .boolean
        case 20 where wideNumbersAsText, 1700 where wideNumbersAsText: self = .text
        // int8, int2, int4, oid, float4, float8, numeric
        case 20, 21, 23, 26, 700, 701, 1700: self = .number
        case 114, 3802: self = .json
        default: self = .text
        }
    }

    func value(of cell: ArraySlice<UInt8>?) -> JSONValue {
        guard let cell else { return .null }
        let text = String(decoding: cell, as: UTF8.self)
        switch self {
        case .boolean:
            return text == "t" ? true : text == "f" ? false : .string(text)
        case .number:
            if let integer = Int64(text) { return .integer(integer) }
            return JSONNumber(text).map { .number($0) } ?? .string(text)
        case .json:
            return (try? JSONValue.parse(text)) ?? .string(text)
        case .text:
            return .string(text)
        }
    }
}

extension Duration {
    /// Milliseconds, to the microsecond.
    var milliseconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) * 1000 + Double(attoseconds / 1_000_000_000_000) / 1000
    }

    /// Whole milliseconds, rounded up, at least 1.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return Swift.max(1, seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
