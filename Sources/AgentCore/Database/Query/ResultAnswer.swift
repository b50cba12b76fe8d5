package import MCPProtocol

/// Rows as the API and the chat answer programs and pages.
///
/// Every value can be read without loss by every parser of JSON, and one type of PostgreSQL is always one type of JSON:
/// `boolean` is a boolean; `smallint`, `integer`, `oid`, `real` and `double precision` are numbers; `json` and `jsonb` are
/// what they hold; all else is a string as PostgreSQL prints it, `bigint` and `numeric` too, since a number of JavaScript
/// has 53 bits. NULL is null. What JSON cannot say (`NaN`, `Infinity`) is a string.
package enum ResultAnswer {
    /// The result of a statement.
    package static func json(_ result: QueryResult) -> JSONValue {
        var object = rows(result)
        object["database"] = .string(result.database)
        object["command"] = .string(result.commandTag)
        object["notices"] = .array(result.notices.map { .string($0) })
        return .object(object)
    }

    /// What a write did.
    package static func json(_ result: WriteResult) -> JSONValue {
        let statements = result.statements.map { statement -> JSONValue in
            var object: JSONObject = [
                "command": .string(statement.command), "rows": statement.rows.map { .integer(Int64($0)) } ?? .null,
            ]
            object["result"] = statement.result.map { .object(rows($0)) }
            return .object(object)
        }
        return [
            "decision": "approve", "database": .string(result.database), "committed": .bool(!result.dryRun),
            "dryRun": .bool(result.dryRun), "statements": .array(statements),
            "notices": .array(result.notices.map { .string($0) }),
            "elapsedMs": JSONValue(result.elapsed.milliseconds),
        ]
    }

    /// What a write did, in the shape of the result of a statement: the rows that its last statement returned, if any, and what
    /// became of it beside them. Whoever shows results has one shape to know.
    static func table(_ result: WriteResult) -> JSONObject {
        let last = result.statements.last { $0.result != nil }?.result
        var object: JSONObject =
            last.map(rows) ?? [
                "columns": [], "rows": [], "rowCount": 0, "truncated": false, "nextOffset": .null, "warnings": [],
            ]
        object["elapsedMs"] = JSONValue(result.elapsed.milliseconds)
        object["command"] = .string(result.statements.map(\.command).joined(separator: "; "))
        for (key, value) in json(result).object ?? [:] where key != "decision" { object[key] = value }
        return object
    }

    private static func rows(_ result: QueryResult) -> JSONObject {
        [
            "columns": .array(result.columns.map { ["name": .string($0.name), "type": .string($0.type)] }),
            "rows": result.rowsJSON(wideNumbersAsText: true), "rowCount": .integer(Int64(result.rowCount)),
            "truncated": .bool(result.truncated != nil),
            "nextOffset": result.nextOffset.map { .integer(Int64($0)) } ?? .null,
            "warnings": .array(warnings(result).map { .string($0) }),
            "elapsedMs": JSONValue(result.elapsed.milliseconds),
        ]
    }

    /// What a reader has to know to not take a part for the whole.
    private static func warnings(_ result: QueryResult) -> [String] {
        var warnings: [String] = []
        switch result.truncated {
        case .rows: warnings.append("There are more rows: this is cut at the row limit.")
        case .bytes: warnings.append("There are more rows: this is cut at the byte limit.")
        case nil: break
        }
        if result.nextOffset != nil || result.offset > 0, !result.isOrdered {
            warnings.append("Without ORDER BY pages may overlap or miss rows.")
        }
        if result.cellsCut > 0 {
            warnings.append(
                result.cellsCut == 1
                    ? "1 value is cut, and marked." : "\(result.cellsCut) values are cut, and each is marked.")
        }
        return warnings
    }
}
